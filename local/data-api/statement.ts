import { AwsFault } from '../endpoint.ts';

/** The two kinds of SQL, which differ in their quotes and comments. */
export type SqlDialect = 'mysql' | 'postgresql';

/** A statement as a driver takes it: `?` (MySQL) or `$1` (PostgreSQL) where the `:name` parameters were. */
export interface DriverStatement {
  sql: string;
  /** Whose value goes where: one name for each `?`, or for each number. */
  names: string[];
}

/**
 * What must be told apart from a parameter, in its order of precedence: literals, quoted names, comments (and an
 * unclosed one of them to the end), `::`, the parameter itself, `;`, and a driver's own placeholder.
 * Each literal is matched without ambiguity, so the time grows with the text's length only.
 *
 * Backslashes escape in MySQL's literals unless the server has NO_BACKSLASH_ESCAPES, which the text alone cannot say.
 */
const TOKENS: Record<SqlDialect, RegExp> = {
  mysql: new RegExp(
    [
      /'[^'\\]*(?:(?:\\(?:[\s\S]|$)|'')[^'\\]*)*(?:'|$)/,
      /"[^"\\]*(?:(?:\\(?:[\s\S]|$)|"")[^"\\]*)*(?:"|$)/,
      /`[^`]*(?:``[^`]*)*(?:`|$)/,
      /(?<comment>--(?=\s|$)[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
      /::|:(?<name>[A-Za-z_]\w*)|(?<end>;)|(?<placeholder>\?)/,
    ]
      .map(({ source }) => source)
      .join('|'),
    'g',
  ),
  postgresql: new RegExp(
    [
      /(?<![\w$])[eE]'[^'\\]*(?:(?:\\(?:[\s\S]|$)|'')[^'\\]*)*(?:'|$)/,
      /'[^']*(?:''[^']*)*(?:'|$)/,
      /"[^"]*(?:""[^"]*)*(?:"|$)/,
      /(?<![\w$])(?<tag>\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?(?:\k<tag>|$)/,
      /(?<comment>--[^\n]*|\/\*)/,
      /::|:(?<name>[A-Za-z_]\w*)|(?<end>;)|(?<placeholder>(?<![\w$])\$\d+)/,
    ]
      .map(({ source }) => source)
      .join('|'),
    'g',
  ),
};

/**
 * Puts the driver's placeholders where the Data API's `:name` parameters are; every other character stays.
 * @throws {AwsFault} ValidationException where a second statement follows, as the real one says it;
 *   BadRequestException for a driver's own placeholder, which would shift the others
 */
export function toDriverStatement(sql: string, dialect: SqlDialect): DriverStatement {
  const tokens = new RegExp(TOKENS[dialect]);
  const names: string[] = [];
  let text = '';
  let copied = 0;
  let ended = false;
  for (let token = tokens.exec(sql); token; token = tokens.exec(sql)) {
    const { comment, name, end, placeholder } = token.groups ?? {};
    if (ended) refuseText(sql.slice(copied, token.index) + (comment || end ? '' : token[0]));
    if (placeholder) throw new AwsFault('BadRequestException', `Use named parameters, not ${placeholder}`);
    if (comment === '/*') tokens.lastIndex = endOfNestedComment(sql, token.index);
    if (end) ended = true;
    text += sql.slice(copied, token.index);
    copied = tokens.lastIndex;
    text += name ? placeholderFor(name, names, dialect) : sql.slice(token.index, copied);
  }
  if (ended) refuseText(sql.slice(copied));
  return { sql: text + sql.slice(copied), names };
}

function placeholderFor(name: string, names: string[], dialect: SqlDialect): string {
  if (dialect === 'mysql') {
    names.push(name);
    return '?';
  }
  if (!names.includes(name)) names.push(name);
  return `$${names.indexOf(name) + 1}`;
}

/** PostgreSQL's block comments nest. */
function endOfNestedComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

function refuseText(afterEnd: string): void {
  if (afterEnd.trim() !== '') throw new AwsFault('ValidationException', "Multistatements aren't supported");
}
