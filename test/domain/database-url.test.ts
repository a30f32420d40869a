import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DatabaseUrlError,
  type DatabaseUrlPart,
  describeDatabase,
  directoryKey,
  directoryKeys,
  parseDatabaseUrl,
  withoutCredentials,
} from '../../domain/database-url.ts';

function refusal(text: string): DatabaseUrlError {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error;
    throw error;
  }
  throw new Error('the URL was accepted');
}

const plain = { driver: null, host: 'h', user: null, password: null, database: 'db', options: {} };
const mysql = { ...plain, dialect: 'mysql', port: 3306 };
const postgresql = { ...plain, dialect: 'postgresql', port: 5432 };

describe('parseDatabaseUrl', () => {
  // The expected parts are what SQLAlchemy 1.4.46's make_url gives, with the defaults of the drivers filled in.
  it.each([
    [
      'mysql+pymysql://user:p%40ss@127.0.0.1:3306/nova_api?charset=utf8',
      {
        ...mysql,
        driver: 'pymysql',
        host: '127.0.0.1',
        user: 'user',
        password: 'p@ss',
        database: 'nova_api',
        options: { charset: 'utf8' },
      },
    ],
    ['mysql+mysqlconnector://h/db', { ...mysql, driver: 'mysqlconnector' }],
    ['mariadb+mariadbconnector://h/db', { ...mysql, driver: 'mariadbconnector' }],
    ['postgresql://h/db', postgresql],
    ['postgres://h/db', postgresql],
    ['postgresql+psycopg2://u@h/db', { ...postgresql, driver: 'psycopg2', user: 'u' }],
    [
      'postgresql://u:p@[2001:db8::1]:5433/db',
      { ...postgresql, user: 'u', password: 'p', host: '2001:db8::1', port: 5433 },
    ],
    ['mysql://[::1]/db', { ...mysql, host: '::1' }],
    ['mysql://h:/db', mysql],
    ['mysql:///db', { ...mysql, host: 'localhost' }],
    ['mysql://u:@h/db', { ...mysql, user: 'u' }],
    ['mysql://u:p/w#x?y:z@h:33/db', { ...mysql, user: 'u', password: 'p/w#x?y:z', port: 33 }],
    ['mysql://us@er:p@h/db', { ...mysql, user: 'us@er', password: 'p' }],
    ['mysql://u%2F:%C3%A9%zz%ff@h/db', { ...mysql, user: 'u/', password: 'é%zz\uFFFD' }],
    ['mysql://h/no va%20', { ...mysql, database: 'no va%20' }],
    ['mysql://h/o\'brien"`', { ...mysql, database: 'o\'brien"`' }],
    ['mysql://h/a/b', { ...mysql, database: 'a/b' }],
    ['mysql://h/db?a=b+c&b=%26%3D%40&e=&f&g=1=2', { ...mysql, options: { a: 'b c', b: '&=@', g: '1=2' } }],
  ])('takes %s apart as SQLAlchemy does', (text, parts) => {
    expect(parseDatabaseUrl(text)).toEqual(parts);
  });

  it.each<[string, DatabaseUrlPart, RegExp]>([
    ['', 'scheme', /expected dialect:/],
    ['nova:s3cret@h/db', 'scheme', /expected dialect:/],
    ['{scheme}://nova:s3cret@{hostname}/db', 'scheme', /template could not be filled/],
    ['sqlite:///s3cret', 'scheme', /sqlite is not supported/],
    ['none:///', 'scheme', /none is not supported/],
    ['mysql+a+b://h/db', 'scheme', /more than one driver/],
    ['mysql://nova:s3cret/db', 'port', /1 to 65535/],
    ['mysql://h:0/db', 'port', /1 to 65535/],
    ['mysql://h:65536/db', 'port', /1 to 65535/],
    ['mysql://h:None/db', 'port', /main database URL names none/],
    ['mysql://nova:p@s3cret@h/db', 'user or password', /%40/],
    ['mysql://nova:p@h/s3cret@h/db', 'user or password', /%40/],
    ['mysql://nova:p@h?s3cret@h/db', 'user or password', /%40/],
    ['mysql://no/va:s3cret@h/db', 'user or password', /%2F/],
    ['mysql://::1:3306/db', 'host', /bracket/],
    ['mysql://u:s3cret@[::1]x/db', 'host', /bracket/],
    ['mysql://u:s3cret@{hostname}/db', 'host', /brace/],
    ['postgresql://u:s3cret@h1,h2/db', 'host', /several hosts/],
    ['mysql://u:s3cret@h', 'database', /missing/],
    ['mysql://u:s3cret@h/', 'database', /missing/],
    ['mysql://u:s3cret@h/db?a=1&a=2', 'options', /a is given twice/],
  ])('refuses %j and blames the %s without quoting the login', (text, part, reason) => {
    const error = refusal(text);
    expect(error).toMatchObject({ name: 'DatabaseUrlError', part, message: expect.stringMatching(reason) });
    expect(error.message).not.toMatch(/s3cret|nova/);
  });

  it('gives back the parts of any URL whose parts were percent-encoded', () => {
    const anyText = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    const encode = (text: string) => encodeURIComponent(text);
    fc.assert(
      fc.property(
        fc.constantFrom('mysql', 'postgresql'),
        fc.option(anyText),
        fc.option(anyText),
        fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
        fc.integer({ min: 1, max: 65_535 }),
        fc.stringMatching(/^[^?@\p{C}]+$/u),
        fc.dictionary(anyText, anyText, { noNullPrototype: true }),
        (dialect, user, password, host, port, database, options) => {
          const login = `${encode(user ?? '')}${password === null ? '' : `:${encode(password)}`}@`;
          const query = Object.entries(options).map(([name, value]) => `${encode(name)}=${encode(value)}`);
          const address = describeDatabase({ host, port, database });
          expect(parseDatabaseUrl(`${dialect}://${login}${address}?${query.join('&')}`)).toEqual({
            dialect,
            driver: null,
            host,
            port,
            user,
            password,
            database,
            options,
          });
        },
      ),
    );
  });

  it('never quotes a password, wherever in a text that is no URL it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('mysql://', 'postgresql://', 'sqlite://', '', '//'),
        fc.array(fc.constantFrom(':', '/', '@', '?', '#', '[', ']', ',', '{', 'x', '%', 'hunter2'), { maxLength: 8 }),
        (scheme, pieces) => {
          try {
            parseDatabaseUrl(`${scheme}u:hunter2${pieces.join('')}@h`);
          } catch (error) {
            expect(String(error)).not.toContain('hunter2');
          }
        },
      ),
    );
  });
});

describe('describeDatabase', () => {
  it('names host, port and database, and nothing of the login', () => {
    expect(describeDatabase(parseDatabaseUrl('mysql://nova:s3cret@db1/nova_cell1'))).toBe('db1:3306/nova_cell1');
  });

  it('puts an IPv6 host in brackets', () => {
    expect(describeDatabase({ host: '::1', port: 5432, database: 'nova' })).toBe('[::1]:5432/nova');
  });
});

describe('the keys of the database directory', () => {
  it('go from the most to the least exact, the port before the database name', () => {
    expect(directoryKeys({ host: 'DB1.Example.com', port: 3307, database: 'Nova' })).toEqual([
      'db1.example.com:3307/nova',
      'db1.example.com:3307',
      'db1.example.com/nova',
      'db1.example.com',
    ]);
  });

  it('hold an IPv6 host in brackets', () => {
    expect(directoryKeys({ host: '2001:DB8::1', port: 3306, database: 'nova' })).toContain('[2001:db8::1]');
  });

  it('are those that entries get', () => {
    expect(directoryKey({ host: 'DB1', port: 3306 })).toBe('db1:3306');
    expect(directoryKey({ host: 'DB1', database: 'nova' })).toBe('db1/nova');
  });
});

describe('withoutCredentials', () => {
  it.each([
    [
      'mysql+pymysql://nova:secret@db1:3306/nova_cell0?charset=utf8',
      'mysql+pymysql://db1:3306/nova_cell0?charset=utf8',
    ],
    ['mysql://nova:secret@h1:1,nova:secret@h2:2/nova', 'mysql://h1:1,h2:2/nova'],
    ['mysql://nova:sec,ret@h1:1,nova:sec,ret@h2:2/nova', 'mysql://h1:1,h2:2/nova'],
    ['mysql://nova:sec,ret@h1:1,h2:2/nova', 'mysql://h1:1,h2:2/nova'],
    ['mysql://h1:1,h2:2/nova', 'mysql://h1:1,h2:2/nova'],
    ['postgresql://nova:sec/ret@db/nova', 'postgresql://db/nova'],
    ['postgresql://nova:sec@ret@db/nova', 'postgresql://db/nova'],
    ['postgresql://db/nova', 'postgresql://db/nova'],
    ['postgresql://nova:secret@db', 'postgresql://db'],
  ])('takes the logins out of %s', (url, bare) => {
    expect(withoutCredentials(url)).toBe(bare);
  });
});

describe('the place of a database', () => {
  it('does not depend on the letter case of its host, which would hide that two cells share it', () => {
    expect(parseDatabaseUrl('mysql://DB1.Example/nova').host).toBe('db1.example');
  });

  it('is what the driver is told, where that is not the host of the URL', () => {
    expect(describeDatabase(parseDatabaseUrl('mysql:///nova?unix_socket=/run/a.sock'))).toBe('/run/a.sock:3306/nova');
    expect(describeDatabase(parseDatabaseUrl('postgresql:///nova?host=/run/B'))).toBe('/run/B:5432/nova');
  });
});
