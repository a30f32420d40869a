import { openSql, type SqlServer } from './sql.ts';

/** A user of a server's own that may do only what it is granted. */
export interface RestrictedUser {
  name: string;
  /** A URL of a database with this user's login. */
  url(database: string): string;
  /**
   * Grants a privilege in a database, such as `SELECT` on `instances`; on MySQL and MariaDB `*` is the whole database.
   * `SEQUENCE …` and `SCHEMA …` are PostgreSQL's.
   */
  grant(database: string, privilege: string, object: string): Promise<void>;
  /** Takes such a privilege back. */
  revoke(database: string, privilege: string, object: string): Promise<void>;
  /** Drops the user; on PostgreSQL, the databases in which it has grants must be gone or be among these. */
  drop(...databases: string[]): Promise<void>;
}

const PASSWORD = 'restricted-password';

/** Makes a user without any grant. */
export async function createRestrictedUser(server: SqlServer, name: string): Promise<RestrictedUser> {
  const maintenance = await openSql(server);
  const isMysql = maintenance.dialect === 'mysql';
  const user = isMysql ? `'${name}'@'%'` : name;
  const nameIn = (database: string, object: string) => (isMysql ? `${database}.${object}` : object);
  const inDatabase = async (database: string, statement: string) => {
    const sql = await openSql(server, database);
    await sql.query(statement).finally(() => sql.close());
  };
  await maintenance.query(
    isMysql ? `CREATE USER ${user} IDENTIFIED BY '${PASSWORD}'` : `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`,
  );
  return {
    name,
    url: (database) => {
      const url = new URL(server.url(database));
      url.username = name;
      url.password = PASSWORD;
      return url.href;
    },
    grant: (database, privilege, object) =>
      inDatabase(database, `GRANT ${privilege} ON ${nameIn(database, object)} TO ${user}`),
    revoke: (database, privilege, object) =>
      inDatabase(database, `REVOKE ${privilege} ON ${nameIn(database, object)} FROM ${user}`),
    drop: async (...databases) => {
      if (!isMysql) for (const database of databases) await inDatabase(database, `DROP OWNED BY ${user}`);
      await maintenance.query(isMysql ? `DROP USER ${user}` : `DROP ROLE ${user}`);
      await maintenance.close();
    },
  };
}
