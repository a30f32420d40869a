/** The type hints of the Data API that PostgreSQL knows a type for. */
export const TYPE_HINTS = ['DATE', 'DECIMAL', 'JSON', 'TIME', 'TIMESTAMP', 'UUID'] as const;

/** What a string parameter stands for; PostgreSQL then gets that type instead of varchar. */
export type TypeHint = (typeof TYPE_HINTS)[number];

/** A parameter's value with the type that the caller gave it. */
export type Parameter =
  | { type: 'string'; value: string; hint: TypeHint | null }
  | { type: 'long'; value: number | bigint }
  | { type: 'double'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'null'; value: null };
