import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type SqlDialect, toDriverStatement } from '../../../local/data-api/statement.ts';

const MYSQL_QUOTED: [name: string, quote: (text: string) => string][] = [
  ['a literal', (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`],
  ['a literal with backslashes', (text) => `'${text.replace(/[\\']/g, '\\$&')}'`],
  ['a double-quoted literal', (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`],
  ['a name', (text) => `\`${text.replaceAll('`', '``')}\``],
  ['a line comment', (text) => `-- ${text.replaceAll('\n', ' ')}\n`],
  ['a # comment', (text) => `#${text.replaceAll('\n', ' ')}\n`],
  ['a block comment', (text) => `/*${text.replaceAll('*/', '')} */`],
];

const POSTGRESQL_QUOTED: [name: string, quote: (text: string) => string][] = [
  ['a literal', (text) => `'${text.replaceAll("'", "''")}'`],
  ['an E literal', (text) => `E'${text.replace(/[\\']/g, '\\$&')}'`],
  ['a name', (text) => `"${text.replaceAll('"', '""')}"`],
  ['a dollar-quoted literal', (text) => `$q$${text.replaceAll('$', '')}$q$`],
  ['a line comment', (text) => `--${text.replaceAll('\n', ' ')}\n`],
  ['a nested block comment', (text) => `/* /*${text.replace(/[*/]/g, '')}*/ :no */`],
];

/** Texts in which the signs that matter are frequent. */
const text = fc
  .array(fc.oneof(fc.constantFrom("'", '"', '`', '\\', ':a', '::', ';', '?', '$1', '$q', '--', '#', '\n'), fc.string()))
  .map((parts) => parts.join(''));

describe.each<[SqlDialect, typeof MYSQL_QUOTED]>([
  ['mysql', MYSQL_QUOTED],
  ['postgresql', POSTGRESQL_QUOTED],
])('toDriverStatement for %s', (dialect, quoted) => {
  const first = dialect === 'mysql' ? '?' : '$1';
  const second = dialect === 'mysql' ? '?' : '$2';

  it.each(quoted)('leaves any text in %s as it is, and finds the parameters around it', (_name, quote) => {
    fc.assert(
      fc.property(text, (inner) => {
        const sql = quote(inner);
        expect(toDriverStatement(`SELECT :a, ${sql} , :b`, dialect)).toEqual({
          sql: `SELECT ${first}, ${sql} , ${second}`,
          names: ['a', 'b'],
        });
      }),
    );
  });

  it('takes a text of four million characters in one literal', () => {
    const literal = `'${'x'.repeat(4_000_000)}'`;
    expect(toDriverStatement(`SELECT ${literal}, :a`, dialect).sql).toHaveLength(literal.length + 9 + first.length);
  });

  it('takes time that grows with the length only, also for quotes that do not close', () => {
    const startedAt = performance.now();
    for (const sign of ["'", '"', '`', "\\'", "''", '/*', '$q$']) toDriverStatement(sign.repeat(100_000), dialect);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('tells casts and assignments from parameters', () => {
    const { names } = toDriverStatement('SELECT a::text, @b:=1, :c', dialect);
    expect(names).toEqual(['c']);
  });

  it.each(['SELECT 1; SELECT 2', "SELECT 1;'a'", 'SELECT 1; -- fine\n :a'])('refuses a second statement: %s', (sql) => {
    expect(() => toDriverStatement(sql, dialect)).toThrow(
      expect.objectContaining({ name: 'ValidationException', message: "Multistatements aren't supported" }),
    );
  });

  it('takes comments and empty statements after the end', () => {
    expect(toDriverStatement('SELECT 1; -- done\n ; /* ; */', dialect).names).toEqual([]);
  });
});

describe('toDriverStatement', () => {
  it('repeats a name for each ? of MySQL, and uses one number for it in PostgreSQL', () => {
    const sql = 'SELECT :a, :b, :a';
    expect(toDriverStatement(sql, 'mysql')).toEqual({ sql: 'SELECT ?, ?, ?', names: ['a', 'b', 'a'] });
    expect(toDriverStatement(sql, 'postgresql')).toEqual({ sql: 'SELECT $1, $2, $1', names: ['a', 'b'] });
  });

  it.each<[SqlDialect, string, string]>([
    ['mysql', 'SELECT ?', '?'],
    ['postgresql', 'SELECT $1', '$1'],
  ])("refuses a placeholder of %s's own", (dialect, sql, placeholder) => {
    expect(() => toDriverStatement(sql, dialect)).toThrow(
      expect.objectContaining({ name: 'BadRequestException', message: `Use named parameters, not ${placeholder}` }),
    );
  });

  it('leaves operators and names with a dollar sign or a question mark to PostgreSQL', () => {
    const sql = `SELECT data ? 'a', a$1$b, data -> :a`;
    expect(toDriverStatement(sql, 'postgresql').sql).toBe(`SELECT data ? 'a', a$1$b, data -> $1`);
  });

  it('takes -- for a comment in MySQL only with white space behind it', () => {
    expect(toDriverStatement('SELECT 1--:a', 'mysql').names).toEqual(['a']);
    expect(toDriverStatement('SELECT 1--:a', 'postgresql').names).toEqual([]);
  });
});
