import { describe, expect, it } from '@jest/globals';
import { parseNovaConf, readNovaConf } from '../../local/nova-conf.ts';

const api = (value: string) => parseNovaConf(`[api_database]\n${value}\n`, 'nova.conf').apiDatabase;

describe('parseNovaConf', () => {
  it('finds both connections and nothing else', () => {
    const text = [
      '[DEFAULT]',
      'connection = mysql://no',
      '# connection = mysql://no',
      '[api_database]',
      'connection = mysql+pymysql://nova:p%40ss@h/nova_api?charset=utf8',
      'max_pool_size = 5',
      '',
      '[database]',
      '; a comment',
      'connection = postgresql://h/nova',
      'slave_connection = mysql://no',
      '[placement_database]',
      'connection = mysql://no',
    ].join('\n');
    expect(parseNovaConf(text, 'nova.conf')).toEqual({
      apiDatabase: 'mysql+pymysql://nova:p%40ss@h/nova_api?charset=utf8',
      database: 'postgresql://h/nova',
    });
  });

  it('answers null for a connection that is absent or empty', () => {
    expect(parseNovaConf('[api_database]\nconnection =\n', 'nova.conf')).toEqual({ apiDatabase: null, database: null });
  });

  it.each([
    ['a colon', 'connection: mysql://h/db', 'mysql://h/db'],
    ['no space', 'connection=mysql://h/db', 'mysql://h/db'],
    ['double quotes', 'connection = "mysql://h/db"', 'mysql://h/db'],
    ['single quotes', "connection = 'mysql://h/db'", 'mysql://h/db'],
    ['a quote on one side, which stays', 'connection = mysql://h/db"', 'mysql://h/db"'],
    ['a # inside, which is no comment', 'connection = mysql://u:a#b@h/db # c', 'mysql://u:a#b@h/db # c'],
    ['a doubled dollar', 'connection = mysql://u:a$$b@h/db', 'mysql://u:a$b@h/db'],
    ['an escaped dollar', 'connection = mysql://u:a\\$b@h/db', 'mysql://u:a$b@h/db'],
    ['a dollar before no name', 'connection = mysql://u:a$1$@h/db', 'mysql://u:a$1$@h/db'],
    ['several values, the last of which wins', 'connection = mysql://a/db\nconnection = mysql://b/db', 'mysql://b/db'],
    ['Windows line ends', 'connection = mysql://h/db\r\nother = 1\r', 'mysql://h/db'],
  ])('reads a value with %s', (_, lines, value) => {
    expect(api(lines)).toBe(value);
  });

  it('lets the last value win over repeated sections in any case', () => {
    const text = '[database]\nconnection = mysql://a/db\n[DEFAULT]\nx=1\n[DATABASE]\nconnection = mysql://b/db\n';
    expect(parseNovaConf(text, 'nova.conf').database).toBe('mysql://b/db');
  });

  it('accepts a long value of another option', () => {
    expect(api('filters = a,\n  b,\n  c\nconnection = mysql://h/db')).toBe('mysql://h/db');
  });

  it.each([
    ['connection = mysql://u:hunter2$host@h/db', 'line 2: [api_database] connection uses $-substitution'],
    ['connection = mysql://u:hunter2$' + '{host}@h/db', 'line 2: [api_database] connection uses $-substitution'],
    ['connection = mysql://u:\n  hunter2@h/db', 'line 2: [api_database] connection goes on over several lines'],
    ['\n  hunter2 = x', 'line 3: an indented line that continues nothing'],
    ['hunter2', 'line 2: neither a section'],
    ['= hunter2', 'line 2: a value without the name'],
    ['[hunter2', 'line 2: a section begins here'],
    ['[]', 'line 2: a section begins here'],
  ])('refuses %j by file and line, without the value', (lines, reason) => {
    let error: unknown;
    try {
      api(lines);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ name: 'NovaConfError', message: expect.stringContaining(`nova.conf, ${reason}`) });
    expect(String(error)).not.toContain('hunter2');
  });

  it('refuses an option before any section', () => {
    expect(() => parseNovaConf('connection = mysql://h/db', 'nova.conf')).toThrow(
      'nova.conf, line 1: option connection comes before any [section]',
    );
  });
});

describe('readNovaConf', () => {
  it('names a file that cannot be read', async () => {
    await expect(readNovaConf('/nowhere/nova.conf')).rejects.toMatchObject({
      name: 'NovaConfError',
      message: '/nowhere/nova.conf cannot be read (ENOENT)',
    });
  });
});
