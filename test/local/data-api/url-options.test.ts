import { describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../../domain/database-url.ts';
import { checkUrlOptions, driverOptions } from '../../../local/data-api/url-options.ts';

const MYSQL = 'mysql+pymysql://nova:hunter2@db/nova';
const POSTGRESQL = 'postgresql+psycopg2://nova:hunter2@db/nova';
/** Any file that can be read stands for a certificate. */
const FILE = import.meta.filename;

const tls = (url: string) => driverOptions(parseDatabaseUrl(url)).tls;

describe('driverOptions', () => {
  it.each([
    [MYSQL, 'read_timeout=5', "The database URL's option read_timeout is not supported, give the URL without it"],
    [MYSQL, 'ssl_mode=VERIFY_CA', "The database URL's option ssl_mode is not supported, give the URL without it"],
    [MYSQL, 'sslmode=require', "The database URL's option sslmode is not supported, give the URL without it"],
    [MYSQL, 'ssl_ca=/none', "The database URL's option ssl_ca names a file that cannot be read (ENOENT)"],
    [MYSQL, 'ssl_verify_cert=maybe', "The database URL's option ssl_verify_cert must be true or false"],
    [MYSQL, 'connect_timeout=soon', "The database URL's option connect_timeout must be a whole number of seconds"],
    [POSTGRESQL, 'charset=utf8', "The database URL's option charset is not supported, give the URL without it"],
    [POSTGRESQL, 'client_encoding=latin1', "The database URL's option client_encoding must be utf8"],
    [POSTGRESQL, 'host=a,b', "The database URL's option host must name one host"],
    [POSTGRESQL, 'sslmode=verify-full', "The database URL's option sslmode verify-full needs sslrootcert"],
    [POSTGRESQL, 'sslrootcert=system', "The database URL's option sslrootcert system needs sslmode=verify-full"],
    [
      POSTGRESQL,
      'sslmode=maybe',
      "The database URL's option sslmode must be disable, allow, prefer, require, verify-ca or verify-full",
    ],
  ])('refuses %s?%s by name', (url, query, message) => {
    expect(checkUrlOptions(parseDatabaseUrl(`${url}?${query}`))).toBe(message);
  });

  it.each([
    `${MYSQL}?charset=utf8&plugin=dbcounter&use_unicode=0&connect_timeout=9`,
    `${POSTGRESQL}?client_encoding=utf8&application_name=nova&connect_timeout=9&sslmode=prefer`,
  ])('takes %s', (url) => {
    expect(checkUrlOptions(parseDatabaseUrl(url))).toBeNull();
    expect(driverOptions(parseDatabaseUrl(url)).connectTimeoutMs).toBe(9_000);
  });

  it('refuses to check a name that MySQL’s driver cannot check', () => {
    const url = `mysql://nova:hunter2@10.0.0.1/nova?ssl_ca=${FILE}`;
    expect(checkUrlOptions(parseDatabaseUrl(url))).toBe(
      "The database URL's option ssl_check_hostname must be false for an address: only a host name can be checked",
    );
    expect(checkUrlOptions(parseDatabaseUrl(`${url}&ssl_check_hostname=false`))).toBeNull();
  });

  it('finds Unix sockets', () => {
    expect(driverOptions(parseDatabaseUrl(`${MYSQL}?unix_socket=/run/s`)).socket).toBe('/run/s');
    const postgresql = driverOptions(parseDatabaseUrl(`${POSTGRESQL}?host=/run/pg&sslmode=require`));
    expect(postgresql).toMatchObject({ socket: '/run/pg', tls: [false] });
  });

  it('uses TLS for MySQL as PyMySQL does: for any ssl option, verified with an authority', () => {
    expect(tls(MYSQL)).toEqual([false]);
    expect(tls(`${MYSQL}?ssl_ca=${FILE}`)).toMatchObject([{ rejectUnauthorized: true, verifyIdentity: true }]);
    expect(tls(`${MYSQL}?ssl_ca=${FILE}&ssl_check_hostname=false`)).toMatchObject([
      { rejectUnauthorized: true, verifyIdentity: false },
    ]);
    expect(tls(`${MYSQL}?ssl_cert=${FILE}&ssl_key=${FILE}`)).toMatchObject([
      { rejectUnauthorized: false, verifyIdentity: false, cert: expect.any(String), key: expect.any(String) },
    ]);
  });

  it.each([
    ['disable', '', [false]],
    ['allow', '', [false, { rejectUnauthorized: false }]],
    ['prefer', '', [{ rejectUnauthorized: false }, false]],
    ['require', '', [{ rejectUnauthorized: false }]],
    ['require', FILE, [{ rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }]],
    ['verify-ca', FILE, [{ rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }]],
    ['verify-full', FILE, [{ rejectUnauthorized: true }]],
    ['verify-full', 'system', [{ rejectUnauthorized: true }]],
  ])('gives sslmode=%s (root certificate: "%s") the meaning that libpq gives it', (mode, root, expected) => {
    const choices = tls(`${POSTGRESQL}?sslmode=${mode}${root && `&sslrootcert=${root}`}`);
    expect(choices).toHaveLength(expected.length);
    expect(choices).toMatchObject(expected);
    if (mode === 'verify-full') expect(choices[0]).not.toHaveProperty('checkServerIdentity');
  });
});
