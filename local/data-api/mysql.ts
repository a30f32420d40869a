import { connect, type Socket } from 'node:net';
import { userInfo } from 'node:os';
// Its later exports are getters, which an import by name does not find.
import mysql, { type Connection, type ConnectionOptions, type FieldPacket } from 'mysql2';
import type { DatabaseUrl } from '../../domain/database-url.ts';
import type { Parameter } from './parameter.ts';
import type { Column, ColumnKind, RowSink, Session, Value } from './session.ts';
import { driverOptions } from './url-options.ts';

const { TypedParameter, Types } = mysql;

/** Statements whose text is longer are not kept prepared: they hold values, so they will not come again. */
const LONGEST_KEPT_SQL = 16 * 1024;

/** FieldPacket's `flags`: https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html */
const UNSIGNED_FLAG = 32;

/** The character set of bytes, which tells a BLOB from a TEXT. */
const BINARY_CHARSET = 63;

const COLUMN_TYPES: Record<number, [ColumnKind, string]> = {
  [Types.TINY]: ['long', 'TINYINT'],
  [Types.SHORT]: ['long', 'SMALLINT'],
  [Types.INT24]: ['long', 'MEDIUMINT'],
  [Types.LONG]: ['long', 'INT'],
  [Types.LONGLONG]: ['long', 'BIGINT'],
  [Types.YEAR]: ['long', 'YEAR'],
  [Types.FLOAT]: ['double', 'FLOAT'],
  [Types.DOUBLE]: ['double', 'DOUBLE'],
  [Types.DECIMAL]: ['string', 'DECIMAL'],
  [Types.NEWDECIMAL]: ['string', 'DECIMAL'],
  [Types.BIT]: ['blob', 'BIT'],
  [Types.DATE]: ['string', 'DATE'],
  [Types.TIME]: ['string', 'TIME'],
  [Types.DATETIME]: ['string', 'DATETIME'],
  [Types.TIMESTAMP]: ['string', 'TIMESTAMP'],
  [Types.JSON]: ['string', 'JSON'],
  [Types.NULL]: ['string', 'NULL'],
  [Types.VAR_STRING]: ['string', 'VARCHAR'],
  [Types.STRING]: ['string', 'CHAR'],
  [Types.TINY_BLOB]: ['string', 'TEXT'],
  [Types.BLOB]: ['string', 'TEXT'],
  [Types.MEDIUM_BLOB]: ['string', 'TEXT'],
  [Types.LONG_BLOB]: ['string', 'TEXT'],
  [Types.GEOMETRY]: ['unsupported', 'GEOMETRY'],
};

/** Logs in to a MySQL or a MariaDB. The driver's errors come as they are. */
export async function openMysql(url: DatabaseUrl): Promise<Session> {
  const { connection, socket } = await logIn(url);
  const server = await serverIdentity(connection).catch((error) => {
    socket.destroy();
    throw error;
  });
  let lost: Error | null = null;
  let fail: ((error: Error) => void) | null = null;
  const onLost = (error: Error) => {
    lost = error;
    fail?.(error);
  };
  connection.on('error', onLost);
  socket.once('close', () => onLost(Object.assign(new Error('The connection is closed'), { code: 'ECONNRESET' })));

  const execute = (sql: string, parameters: Parameter[], sink: RowSink) =>
    new Promise<number>((resolve, reject) => {
      fail = reject;
      if (lost) return reject(lost);
      let updated = 0;
      let bits: number[] = [];
      const command = connection.execute({ sql, rowsAsArray: true, values: parameters.map(bound) });
      command.on('error', reject);
      command.on('fields', (fields: FieldPacket[] | undefined) => {
        if (!fields) return;
        const columns = fields.map(toColumn);
        bits = columns.flatMap(({ kind, typeName }, index) =>
          kind === 'boolean' && typeName === 'BIT' ? [index] : [],
        );
        sink.columns(columns);
      });
      command.on('result', (result: unknown) => {
        if (!Array.isArray(result)) {
          updated += (result as { affectedRows?: number }).affectedRows ?? 0;
          return;
        }
        for (const index of bits) result[index] = result[index] === null ? null : (result[index] as Buffer)[0] === 1;
        sink.row(result as Value[]);
      });
      command.on('end', () => resolve(updated));
    });

  return {
    get alive() {
      return lost === null;
    },
    run: (sql, parameters, sink) =>
      execute(sql, parameters, sink).finally(() => {
        if (sql.length > LONGEST_KEPT_SQL && !lost) connection.unprepare({ sql, rowsAsArray: true } as never);
      }),
    kill: () => (lost ? Promise.resolve() : killThread(url, connection.threadId, server)),
    close: () => {
      onLost(new Error('The connection is closed'));
      socket.destroy();
    },
  };
}

async function logIn(url: DatabaseUrl): Promise<{ connection: Connection; socket: Socket }> {
  const { socket: path, connectTimeoutMs, applicationName, tls } = driverOptions(url);
  const socket = path ? connect(path) : connect({ host: url.host, port: url.port, noDelay: true, keepAlive: true });
  const options: ConnectionOptions = {
    // The socket is ours, so that it can be destroyed while the server does not answer. Host and port serve TLS.
    stream: socket,
    host: url.host,
    port: url.port,
    // Without a name PyMySQL takes the system's user.
    user: url.user ?? userInfo().username,
    password: url.password ?? '',
    database: url.database,
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    connectAttributes: { program_name: applicationName },
    ssl: tls[0] ? (tls[0] as ConnectionOptions['ssl'] & object) : undefined,
    // Names before a parenthesis stay free, and a server may not ask for this machine's files.
    flags: ['-IGNORE_SPACE', '-LOCAL_FILES', '-ODBC'],
    multipleStatements: false,
    supportBigNumbers: true,
    dateStrings: true,
    jsonStrings: true,
    maxPreparedStatements: 32,
  };
  const connection = mysql.createConnection(options);
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve());
    connection.once('error', reject);
  }).catch((error) => {
    // Late errors of a connection that is given up concern nobody.
    connection.on('error', () => {});
    socket.destroy();
    throw error;
  });
  connection.removeAllListeners('error');
  return { connection, socket };
}

/** Which of the servers behind an address this is; not a secret, and never shown. */
function serverIdentity(connection: Connection): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject);
    connection.query(
      { sql: "SELECT CONCAT_WS(':', @@hostname, @@port, @@server_id)", rowsAsArray: true },
      (error, rows) => {
        connection.removeListener('error', reject);
        if (error) reject(error);
        else resolve(String((rows as unknown as string[][])[0]?.[0]));
      },
    );
  });
}

/**
 * Ends the connection on the server, and with it the statement, from a second connection.
 *
 * Behind a load balancer that one may reach another server, where the same number is somebody else's connection,
 * so it first makes sure where it is.
 */
async function killThread(url: DatabaseUrl, threadId: number, server: string): Promise<void> {
  try {
    const { connection, socket } = await logIn(url);
    connection.on('error', () => {});
    try {
      if ((await serverIdentity(connection)) !== server) return;
      await new Promise<void>((resolve) => connection.query(`KILL ${threadId}`, () => resolve()));
    } finally {
      socket.destroy();
    }
  } catch {
    // The server cannot be reached: closing our end of the statement's connection is all that is left.
  }
}

/**
 * A parameter with its type on the wire: LIMIT wants an integer, not the double that the driver makes of a number.
 * Text goes as text, in a packet of its own, so there is nothing to escape.
 */
function bound({ type, value }: Parameter): unknown {
  if (type === 'long') return TypedParameter.LONGLONG(value);
  if (type === 'double') return TypedParameter.DOUBLE(value);
  return value;
}

function toColumn(field: FieldPacket): Column {
  const type = field.columnType ?? -1;
  const [kind, name] = COLUMN_TYPES[type] ?? ['unsupported', `number ${type}`];
  const isUnsigned = (Number(field.flags) & UNSIGNED_FLAG) !== 0;
  const isBytes = field.characterSet === BINARY_CHARSET && (name === 'TEXT' || name === 'CHAR' || name === 'VARCHAR');
  // TINYINT(1) and BIT(1) are MySQL's booleans, and AWS's JDBC drivers read them so.
  const isBoolean = field.columnLength === 1 && ((type === Types.TINY && !isUnsigned) || type === Types.BIT);
  return {
    name: field.orgName || field.name,
    label: field.name,
    typeName: isBytes ? 'BLOB' : kind === 'long' && isUnsigned ? `${name} UNSIGNED` : name,
    kind: isBytes ? 'blob' : isBoolean ? 'boolean' : kind,
  };
}
