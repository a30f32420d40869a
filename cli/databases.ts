import { type DatabaseUrl, DatabaseUrlError, parseDatabaseUrl } from '../domain/database-url.ts';
import { checkUrlOptions } from '../local/data-api/url-options.ts';
import { NovaConfError, readNovaConf } from '../local/nova-conf.ts';
import { misuse } from './command-error.ts';
import type { WhereOptions } from './options.ts';

/** The environment variables that name the databases; unlike options, other users cannot see them. */
export const databaseVariables = { api: 'CELLMAP_API_DATABASE', main: 'CELLMAP_MAIN_DATABASE' } as const;

/** The databases that a run on this computer works on. */
export interface Databases {
  apiDatabase: DatabaseUrl;
  /** The main database's URL as it stands: Nova fills templates even from one that is no proper URL. */
  mainDatabaseUrl: string | null;
}

/**
 * Finds the databases' URLs: in the options, else in the nova.conf, else in the environment.
 * @param warn is told of what works but is not wise
 * @throws {CommandError} misuse, naming where the URL came from and never the URL itself
 */
export async function chooseDatabases(
  options: WhereOptions,
  env: Record<string, string | undefined>,
  warn: (message: string) => void,
): Promise<Databases> {
  const { configFile } = options;
  warnOfPasswords(options, warn);
  const conf = configFile === undefined ? null : await readConf(configFile);
  const api = firstOf([
    ['--api-database', options.apiDatabase],
    [`[api_database] connection in ${configFile}`, conf?.apiDatabase, WITHOUT_CONF],
    // A nova.conf without the option is more likely the wrong file than a wish for another source.
    [databaseVariables.api, conf === null ? env[databaseVariables.api] : undefined],
  ]);
  if (api === null) {
    throw misuse(
      configFile === undefined
        ? `--local needs the API database: give --config-file /etc/nova/nova.conf, or its URL in ${databaseVariables.api}.`
        : `${configFile} has no [api_database] connection. Is it the nova.conf of nova-api or nova-conductor?`,
    );
  }
  const main = options.mainDatabase || conf?.database || env[databaseVariables.main] || null;
  return { apiDatabase: parse(api), mainDatabaseUrl: main };
}

/** A nova.conf is Nova's own, and not to be changed for this command. */
const WITHOUT_CONF = `Without --config-file the URLs are taken from ${databaseVariables.api} and ${databaseVariables.main}.`;

type Source = readonly [where: string, url: string | null | undefined, remedy?: string];

interface Found {
  where: string;
  url: string;
  /** What else may be done where the URL cannot be used. */
  remedy?: string;
}

function firstOf(sources: readonly Source[]): Found | null {
  for (const [where, url, remedy] of sources) if (url) return { where, url, remedy };
  return null;
}

async function readConf(file: string) {
  try {
    return await readNovaConf(file);
  } catch (error) {
    if (error instanceof NovaConfError) throw misuse(`${error.message}. ${WITHOUT_CONF}`);
    throw error;
  }
}

function parse({ where, url, remedy }: Found): DatabaseUrl {
  const unusable = (problem: string) => misuse([`${where}: ${problem}.`, remedy].join(' ').trimEnd());
  try {
    const parsed = parseDatabaseUrl(url);
    const problem = checkUrlOptions(parsed);
    if (problem !== null) throw unusable(problem);
    return parsed;
  } catch (error) {
    if (error instanceof DatabaseUrlError) throw unusable(error.message);
    throw error;
  }
}

function warnOfPasswords(options: WhereOptions, warn: (message: string) => void): void {
  const given = [
    ['--api-database', options.apiDatabase, databaseVariables.api],
    ['--main-database', options.mainDatabase, databaseVariables.main],
  ] as const;
  for (const [option, url, variable] of given) {
    if (url !== undefined && /\/\/[^@/]*:[^@]+@/.test(url)) {
      warn(`other users can see the password of ${option} in the list of processes. ${variable} hides it.`);
    }
  }
}
