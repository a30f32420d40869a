import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { Client, type ClientConfig, type FieldDef, Query, types } from 'pg';
import type { DatabaseUrl } from '../../domain/database-url.ts';
import type { Parameter, TypeHint } from './parameter.ts';
import type { Column, ColumnKind, Session, Value } from './session.ts';
import { type DriverOptions, driverOptions } from './url-options.ts';

const OIDS = types.builtins;

const UNSPECIFIED = 0;

/** A string is varchar, as the service declares it: a number or a uuid needs a cast or a type hint. */
const PARAMETER_OID: Record<Parameter['type'], number> = {
  string: OIDS.VARCHAR,
  long: OIDS.INT8,
  double: OIDS.FLOAT8,
  boolean: OIDS.BOOL,
  null: UNSPECIFIED,
};

const HINT_OID: Record<TypeHint, number> = {
  DATE: OIDS.DATE,
  DECIMAL: OIDS.NUMERIC,
  JSON: OIDS.JSON,
  TIME: OIDS.TIME,
  TIMESTAMP: OIDS.TIMESTAMP,
  UUID: OIDS.UUID,
};

const KIND = new Map<number, ColumnKind>([
  [OIDS.BOOL, 'boolean'],
  [OIDS.BYTEA, 'blob'],
  [OIDS.FLOAT4, 'double'],
  [OIDS.FLOAT8, 'double'],
  [OIDS.INT2, 'long'],
  [OIDS.INT4, 'long'],
  [OIDS.INT8, 'long'],
  [OIDS.OID, 'long'],
]);

const TYPE_NAME = new Map(Object.entries(OIDS).map(([name, oid]) => [Number(oid), name.toLowerCase()]));

/** The arrays of the usual types (pg_type.dat), which the service answers in a form of their own. */
const ARRAYS = new Set([
  199, 1000, 1001, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1115, 1182, 1185, 1231, 2951, 3807,
]);

/** Values stay the server's text, except the two that do not look like their JSON. */
const TEXT_PARSERS = new Map<number, (text: string) => Value>([
  [OIDS.BOOL, (text) => text === 't'],
  [OIDS.BYTEA, (text) => Buffer.from(text.slice(2), 'hex')],
]);

function getTypeParser(oid: number): (text: string) => Value {
  return TEXT_PARSERS.get(oid) ?? ((text) => text);
}

/** A cancel request that arrives before the statement has begun is ignored by the server, so it is sent again. */
const CANCEL_ATTEMPTS = 5;
const CANCEL_AGAIN_MS = 500;

/** Logs in to a PostgreSQL. The driver's errors come as they are. */
export async function openPostgresql(url: DatabaseUrl): Promise<Session> {
  const options = driverOptions(url);
  const client = await logIn(url, options);
  let alive = true;
  let running: Promise<unknown> = Promise.resolve();
  client.on('error', () => {
    alive = false;
  });
  client.once('end', () => {
    alive = false;
  });
  return {
    get alive() {
      return alive;
    },
    run: (sql, parameters, sink) => {
      const result = new Promise<number>((resolve, reject) => {
        const oids = parameters.map((parameter) =>
          parameter.type === 'string' && parameter.hint ? HINT_OID[parameter.hint] : PARAMETER_OID[parameter.type],
        );
        const query = new Query({
          text: sql,
          values: parameters.map(({ value }) => (value === null ? null : String(value))),
          rowMode: 'array',
          // The extended protocol takes one statement only.
          queryMode: 'extended',
          // One property for two things in the driver: the parameters' types, and the parsers of the result.
          types: Object.assign(oids, { getTypeParser }),
        } as ConstructorParameters<typeof Query>[0]);
        let described = false;
        const describe = (fields: FieldDef[] | undefined) => {
          if (described || !fields || fields.length === 0) return;
          described = true;
          sink.columns(fields.map(toColumn));
        };
        query.on('row', (row, partial) => {
          describe(partial?.fields);
          sink.row(row as Value[]);
        });
        query.on('error', reject);
        query.on('end', ({ fields, command, rowCount }) => {
          describe(fields);
          resolve(command === 'SELECT' ? 0 : (rowCount ?? 0));
        });
        client.query(query);
      });
      running = result.catch(() => {});
      return result;
    },
    kill: () => cancel(url, options, client, running),
    close: () => {
      alive = false;
      void client.end();
    },
  };
}

async function logIn(url: DatabaseUrl, options: DriverOptions): Promise<Client> {
  const [first, ...others] = options.tls;
  try {
    return await logInOnce(url, options, first ?? false);
  } catch (error) {
    // Only sslmode prefer and allow have a second choice; libpq takes it unless nobody answers at all.
    const isNetwork = typeof (error as { syscall?: unknown }).syscall === 'string';
    if (others.length === 0 || isNetwork || /timeout/.test((error as Error).message)) throw error;
    return logIn(url, { ...options, tls: others });
  }
}

async function logInOnce(url: DatabaseUrl, options: DriverOptions, ssl: DriverOptions['tls'][number]): Promise<Client> {
  const config: ClientConfig = {
    host: options.socket ?? options.host ?? url.host,
    port: url.port,
    // Without a name libpq takes the system's user.
    user: url.user ?? userInfo().username,
    // A function, because the driver would take an empty password from PGPASSWORD.
    password: () => url.password ?? '',
    database: url.database,
    ssl,
    connectionTimeoutMillis: options.connectTimeoutMs,
    application_name: options.applicationName,
    client_encoding: 'UTF8',
    keepAlive: true,
  };
  const client = new Client(config);
  // Before 'connect' is over errors come twice, and nobody listens to the second.
  client.on('error', () => {});
  try {
    await client.connect();
    // A server may prefer another style, and dates would then be ambiguous.
    await client.query("SET DateStyle = 'ISO'");
    return client;
  } catch (error) {
    void client.end();
    throw error;
  }
}

/**
 * Asks the server to cancel the running statement, and waits for its end.
 *
 * The request carries the session's secret number, so behind a load balancer it can never hit somebody else's session.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
async function cancel(
  url: DatabaseUrl,
  options: DriverOptions,
  client: Client,
  running: Promise<unknown>,
): Promise<void> {
  // Known to the driver, and missing in its types.
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const message = Buffer.alloc(16);
  for (const [index, value] of [16, 80_877_102, processID, secretKey].entries()) message.writeInt32BE(value, index * 4);
  const ended = running.then(() => true);
  for (let attempt = 0; attempt < CANCEL_ATTEMPTS; attempt += 1) {
    await send(message, url, options);
    const { promise, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), CANCEL_AGAIN_MS);
    const isOver = await Promise.race([ended, promise]);
    clearTimeout(timer);
    if (isOver) return;
  }
}

/** Resolves when the server has read the message and closed the connection, or cannot be reached. */
function send(
  message: Buffer,
  url: DatabaseUrl,
  { socket: folder, host, connectTimeoutMs }: DriverOptions,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = folder ? connect(`${folder}/.s.PGSQL.${url.port}`) : connect(url.port, host ?? url.host);
    socket.setTimeout(connectTimeoutMs, () => socket.destroy());
    socket.once('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
    socket.end(message);
  });
}

function toColumn({ name, dataTypeID }: FieldDef): Column {
  const typeName = TYPE_NAME.get(dataTypeID) ?? (ARRAYS.has(dataTypeID) ? 'array' : 'unknown');
  const kind = ARRAYS.has(dataTypeID) ? 'unsupported' : (KIND.get(dataTypeID) ?? 'string');
  return { name, label: name, typeName, kind };
}
