import mysql from 'mysql2/promise';
import { openSql, type Sql, type SqlServer } from '../test/servers/sql.ts';

/** The columns that are filled: what a mapping is made of, and what nova-manage and every index need. */
const COLUMNS = [
  ...['id', 'uuid', 'project_id', 'user_id', 'deleted', 'vm_state', 'hidden', 'created_at', 'updated_at'],
  ...['host', 'node', 'hostname', 'display_name', 'vcpus', 'memory_mb', 'root_gb', 'ephemeral_gb'],
  ...['launch_index', 'power_state', 'instance_type_id', 'reservation_id', 'locked', 'cleaned'],
];

/** On the servers without MariaDB's sequences, so many rows are made by one statement. */
const ROWS_PER_STATEMENT = 100_000;

/**
 * Fills a cell: ids without gaps, uuids in no order, forty projects with two users each, nine rows in ten deleted, as
 * in a cell that is never purged.
 * @param seed makes the uuids other ones than those of another cell
 */
export async function fillInstances(
  server: SqlServer,
  database: string,
  instances: number,
  seed: string,
): Promise<void> {
  const sql = await openSql(server, database);
  try {
    if (sql.dialect === 'postgresql') {
      await sql.query(insertFrom(`generate_series(1, ${instances}) AS numbers(n)`, seed, 'postgresql'));
      await sql.query('VACUUM ANALYZE instances');
    } else {
      await fillMysql(sql, server, database, instances, seed);
      await sql.query('ANALYZE TABLE instances');
    }
  } finally {
    await sql.close();
  }
}

async function fillMysql(sql: Sql, server: SqlServer, database: string, instances: number, seed: string) {
  const [row] = await sql.query<{ version: string }>('SELECT version() AS version');
  const { host, port, user, password } = server;
  const connection = await mysql.createConnection({ host, port, user, password, database });
  try {
    // So MariaDB sorts the rows of each index before it writes them, which is several times faster.
    await connection.query('SET unique_checks = 0, foreign_key_checks = 0');
    if (row?.version.includes('MariaDB')) {
      await connection.query(insertFrom(`(SELECT seq AS n FROM seq_1_to_${instances}) AS numbers`, seed, 'mysql'));
      return;
    }
    for (let from = 0; from < instances; from += ROWS_PER_STATEMENT) {
      const most = Math.min(ROWS_PER_STATEMENT, instances - from);
      await connection.query(
        insertFrom(
          `(SELECT ${from} + ${digits(5)} AS n FROM ${digitTables(5)} ORDER BY 1 LIMIT ${most}) AS numbers`,
          seed,
          'mysql',
        ),
      );
    }
  } finally {
    await connection.end();
  }
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit}${digit === 0 ? ' AS d' : ''}`).join(
  ' UNION ALL ',
);

function digitTables(number: number): string {
  return Array.from({ length: number }, (_, index) => `(${DIGITS}) AS d${index}`).join(', ');
}

/** From 1 to ten to this power. */
function digits(number: number): string {
  return ['1', ...Array.from({ length: number }, (_, index) => `d${index}.d * ${10 ** index}`)].join(' + ');
}

function insertFrom(source: string, seed: string, dialect: 'mysql' | 'postgresql'): string {
  const text = dialect === 'mysql' ? (n: string) => n : (n: string) => `CAST(${n} AS text)`;
  // MySQL 9 has no MD5 any more.
  const hash = (value: string) => (dialect === 'mysql' ? `SHA2(${value}, 256)` : `md5(${value})`);
  const no = dialect === 'mysql' ? '0' : 'false';
  const deleted = 'n % 10 <> 0';
  const part = (from: number, length: number) => `SUBSTR(h, ${from}, ${length})`;
  const uuid = `CONCAT(${part(1, 8)}, '-', ${part(9, 4)}, '-4', ${part(14, 3)}, '-a', ${part(18, 3)}, '-', ${part(21, 12)})`;
  const values = [
    'n',
    uuid,
    `SUBSTR(${hash(`CONCAT('project', ${text('n % 40')})`)}, 1, 32)`,
    `SUBSTR(${hash(`CONCAT('user', ${text('n % 80')})`)}, 1, 32)`,
    `CASE WHEN ${deleted} THEN n ELSE 0 END`,
    `CASE WHEN ${deleted} THEN 'deleted' ELSE 'active' END`,
    no,
    // Nova's command goes by this column.
    dialect === 'mysql'
      ? "DATE_ADD('2015-01-01', INTERVAL n MINUTE)"
      : "TIMESTAMP '2015-01-01' + n * INTERVAL '1 minute'",
    "'2024-01-01 00:00:00'",
    `CONCAT('compute', ${text('n % 200')})`,
    `CONCAT('compute', ${text('n % 200')})`,
    `CONCAT('vm-', ${text('n')})`,
    `CONCAT('vm-', ${text('n')})`,
    ...['2', '4096', '20', '0', '0', '1', '1'],
    `CONCAT('r-', ${text('n')})`,
    no,
    '0',
  ];
  const hashed = `(SELECT n, ${hash(`CONCAT('${seed}', '-', ${text('n')})`)} AS h FROM ${source}) AS hashed`;
  const timestamp =
    dialect === 'postgresql'
      ? values.map((value) => (value.startsWith("'2024") ? `TIMESTAMP ${value}` : value))
      : values;
  return `INSERT INTO instances (${COLUMNS.join(', ')}) SELECT ${timestamp.join(', ')} FROM ${hashed} ORDER BY n`;
}
