import { describe, expect, it } from '@jest/globals';
import { parseDatabaseUrl } from '../../../domain/database-url.ts';
import { connectFault, statementFault } from '../../../local/data-api/faults.ts';

const MYSQL = parseDatabaseUrl('mysql://u5er:p4ss@db/nova');
const POSTGRESQL = parseDatabaseUrl('postgresql://u5er:p4ss@db/nova');

const error = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);
const mysql = (errno: number, message: string) => error(message, { errno, sqlState: 'HY000', sqlMessage: message });
const postgresql = (code: string, message: string) => error(message, { code, severity: 'FATAL' });

describe('statementFault', () => {
  it.each([
    [mysql(1142, "SELECT denied to user 'u5er'@'10.0.0.1' for table `a`"), MYSQL],
    [mysql(1203, "User u5er already has more than 'max_user_connections'"), MYSQL],
    [mysql(1366, "Incorrect value: 'mysql://u5er:p4ss@db/nova'"), MYSQL],
    [postgresql('42501', 'role "u5er" may not'), POSTGRESQL],
    [postgresql('22P02', 'invalid input: "postgresql://u5er:p4ss@db/nova"'), POSTGRESQL],
    [postgresql('XX000', 'Benutzer »u5er« mit p4ss'), POSTGRESQL],
  ])('names neither the user nor the password: %s', (cause, login) => {
    const { name, message } = statementFault(cause, login);
    expect(name).toBe('DatabaseErrorException');
    expect(message).not.toMatch(/u5er|p4ss/);
  });

  it('leaves a table readable whose database is called like the user', () => {
    const nova = parseDatabaseUrl('mysql://nova:p4ss@db/nova');
    expect(statementFault(mysql(1146, "Table 'nova.instances' doesn't exist"), nova).message).toBe(
      "Table 'nova.instances' doesn't exist; Error code: 1146; SQLState: HY000",
    );
  });

  it('gives a lost connection a code', () => {
    const lost = error('read ECONNRESET', { code: 'ECONNRESET', errno: -104 });
    expect(statementFault(lost, MYSQL).message).toMatch(/Error code: 2013; SQLState: 08S01$/);
    expect(statementFault(error('Connection terminated unexpectedly'), POSTGRESQL).message).toMatch(/SQLState: 08006$/);
  });

  it('throws a slip of ours on', () => {
    const slip = new TypeError('x is not a function');
    expect(() => statementFault(slip, MYSQL)).toThrow(slip);
  });
});

describe('connectFault', () => {
  it.each([
    [mysql(1040, 'Too many connections'), MYSQL, '(1040)'],
    [postgresql('53300', 'sorry, too many clients already'), POSTGRESQL, '(53300)'],
    [postgresql('57P03', 'the database system is starting up'), POSTGRESQL, '(57P03)'],
    [error('getaddrinfo ENOTFOUND db', { code: 'ENOTFOUND', errno: -3008 }), MYSQL, '(ENOTFOUND)'],
    [error('timeout expired'), POSTGRESQL, '(no connection in time)'],
  ])('says that the database is not available for now: %s', (cause, login, reason) => {
    expect(connectFault(cause, login)).toMatchObject({
      name: 'DatabaseUnavailableException',
      statusCode: 504,
      message: `The writer instance is not available ${reason}`,
    });
  });

  it.each([
    [mysql(1045, "Access denied for user 'u5er'@'db'"), MYSQL, 'Access denied; Error code: 1045; SQLState: HY000'],
    [
      postgresql('28P01', 'Passwort für »u5er« falsch'),
      POSTGRESQL,
      'FATAL: password authentication failed; SQLState: 28P01',
    ],
    [
      error('SASL: SCRAM-SERVER-FINAL-MESSAGE: x'),
      POSTGRESQL,
      'FATAL: password authentication failed; SQLState: 28000',
    ],
  ])('words a wrong login itself: %s', (cause, login, message) => {
    expect(connectFault(cause, login)).toMatchObject({ name: 'DatabaseErrorException', message });
  });

  it.each([
    [error('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), '(DEPTH_ZERO_SELF_SIGNED_CERT)'],
    [error('The server does not support SSL connections'), '(the server has no TLS)'],
  ])('does not call a TLS misfit temporary: %s', (cause, reason) => {
    const { name, message } = connectFault(cause, POSTGRESQL);
    expect(name).toBe('BadRequestException');
    expect(message).toContain(reason);
  });
});
