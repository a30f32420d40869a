import { readFile } from 'node:fs/promises';

/** The databases' URLs that a nova.conf names; null where the option is absent or empty. */
export interface NovaConf {
  /** [api_database] connection */
  apiDatabase: string | null;
  /** [database] connection: the main database, from which the templates of cells are filled. */
  database: string | null;
}

/** A nova.conf that cannot be used. It names the file, the line and the option, never a value. */
export class NovaConfError extends Error {
  override readonly name = 'NovaConfError';
}

/**
 * Reads the databases' URLs from a nova.conf.
 * @throws {NovaConfError} when the file cannot be read or is not what oslo.config accepts
 */
export async function readNovaConf(file: string): Promise<NovaConf> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new NovaConfError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parseNovaConf(text, file);
}

/**
 * Finds the databases' URLs in the text of a nova.conf, by oslo.config's rules: comments only at the start of a line,
 * section names in any case, the last of several values wins, one pair of quotes is taken off, `$$` and `\$` are a
 * dollar sign.
 * @param file what errors call the text
 * @throws {NovaConfError}
 */
export function parseNovaConf(text: string, file: string): NovaConf {
  const found = assignments(text, file);
  const connection = (section: string): string | null => {
    const last = found.findLast((assignment) => assignment.section === section && assignment.option === 'connection');
    return (last && substituted(last, file)) || null;
  };
  return { apiDatabase: connection('api_database'), database: connection('database') };
}

interface Assignment {
  /** In lower case. */
  section: string;
  option: string;
  value: string;
  /** From 1. */
  line: number;
  /** Whether indented lines follow, which oslo.config adds to the value. */
  continued: boolean;
}

/** The grammar of oslo_config/iniparser.py, its refusals included: Nova would not start with such a file. */
function assignments(text: string, file: string): Assignment[] {
  const found: Assignment[] = [];
  let section: string | null = null;
  let open: Assignment | null = null;
  for (const [index, rawLine] of text.split(/\r\n|\r|\n/).entries()) {
    const line = rawLine.trimEnd();
    const fail = (problem: string) => new NovaConfError(`${file}, line ${index + 1}: ${problem}`);
    if (/^[ \t]/.test(line)) {
      if (!open) throw fail('an indented line that continues nothing; begin it at the margin');
      open.continued = true;
      continue;
    }
    open = null;
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) {
      if (!line.endsWith(']') || line.length <= 2) throw fail('a section begins here, but [name] is not complete');
      section = line.slice(1, -1).toLowerCase();
      continue;
    }
    const separator = line.search(/[:=]/);
    if (separator < 0) throw fail('neither a section, nor a comment, nor option = value');
    const option = line.slice(0, separator).trim();
    if (option === '') throw fail('a value without the name of its option');
    if (section === null) throw fail(`option ${option} comes before any [section]`);
    open = { section, option, value: unquoted(line.slice(separator + 1).trim()), line: index + 1, continued: false };
    found.push(open);
  }
  return found;
}

function unquoted(value: string): string {
  return /^["']/.test(value) && value.startsWith(value.slice(-1)) ? value.slice(1, -1) : value;
}

/** oslo.config would put another option's value for `$name`; for that every option of Nova would have to be known. */
function substituted({ section, option, value, line, continued }: Assignment, file: string): string {
  const fail = (problem: string) => new NovaConfError(`${file}, line ${line}: [${section}] ${option} ${problem}`);
  if (continued) throw fail('goes on over several lines; write it on one line, without indented lines after it');
  return value.replaceAll('\\$', '$$$$').replace(/\$(?:\$|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})/gi, (token) => {
    // The name after the $ may be the middle of a password, so the message does not repeat it.
    if (token !== '$$')
      throw fail('uses $-substitution, which is not supported; give the URL with the value written out');
    return '$';
  });
}
