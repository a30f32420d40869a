import { printable } from '../display/text.ts';
import type { WhereOptions } from '../options.ts';

/** The options by which a command finds its databases or its stack, as a person gave them. */
const whereOptions = [
  ['configFile', '--config-file'],
  ['stack', '--stack'],
  ['region', '--region'],
  ['profile', '--profile'],
] as const satisfies readonly (readonly [keyof WhereOptions, string])[];

/** URLs hold passwords: only that they are to be given again is told. */
const secretOptions = [
  ['apiDatabase', '--api-database'],
  ['mainDatabase', '--main-database'],
] as const satisfies readonly (readonly [keyof WhereOptions, string])[];

/** A command that can be copied into a shell, and goes where the present one went. */
export function commandText(words: readonly string[], where: WhereOptions): string {
  const given = whereOptions.flatMap(([key, option]) => {
    const value = where[key];
    return value === undefined ? [] : [option, quote(value)];
  });
  const secret = secretOptions.flatMap(([key, option]) => (where[key] === undefined ? [] : [option, 'URL']));
  return ['npx cellmap', ...words.map(quote), ...(where.local ? ['--local'] : []), ...given, ...secret].join(' ');
}

/** A word as a shell takes it. */
function quote(word: string): string {
  const shown = printable(word);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
