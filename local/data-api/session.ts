import type { Parameter } from './parameter.ts';

/** What a column's values become in an answer; `unsupported` ones are refused. */
export type ColumnKind = 'long' | 'double' | 'boolean' | 'string' | 'blob' | 'unsupported';

/** A column of a result: its name in the table, its label in the result, its type as the server calls it. */
export interface Column {
  name: string;
  label: string;
  typeName: string;
  kind: ColumnKind;
}

/** A value as a driver gives it. Whole numbers and decimals that a number would round come as text. */
export type Value = string | number | boolean | Buffer | null;

/** Takes a result as it arrives, so that one that is too large never has to fit into memory. */
export interface RowSink {
  columns(columns: Column[]): void;
  row(values: Value[]): void;
}

/** One connection to a database, logged in; it runs one statement at a time. */
export interface Session {
  /** False once the connection is lost or closed. */
  readonly alive: boolean;
  /** Runs a statement in autocommit, and resolves to the number of rows that it wrote. */
  run(sql: string, parameters: Parameter[], sink: RowSink): Promise<number>;
  /** Stops the running statement on the server. Resolves when that was done or could not be done; never rejects. */
  kill(): Promise<void>;
  close(): void;
}
