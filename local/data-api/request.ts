import { AwsFault } from '../endpoint.ts';
import { type Parameter, TYPE_HINTS, type TypeHint } from './parameter.ts';

/** A parsed ExecuteStatement request: the part of it that this Data API knows. */
export interface StatementRequest {
  resourceArn: string;
  secretArn: string;
  database: string | null;
  sql: string;
  parameters: Map<string, Parameter>;
  includeResultMetadata: boolean;
  continueAfterTimeout: boolean;
  formatRecordsAs: 'NONE' | 'JSON';
}

type Json = Record<string, unknown>;

const FIELDS = new Set([
  'resourceArn',
  'secretArn',
  'database',
  'sql',
  'parameters',
  'includeResultMetadata',
  'continueAfterTimeout',
  'formatRecordsAs',
]);

/**
 * Reads the body of an ExecuteStatement request.
 * @throws {AwsFault} BadRequestException, with the name of the field, for anything malformed or not supported here
 *   (transactionId, schema, resultSetOptions, array and blob parameters)
 */
export function parseRequest(body: Buffer): StatementRequest {
  const fields = parseJson(body);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && !FIELDS.has(name)) throw notSupported(name);
  }
  const sql = text(fields, 'sql');
  if (!sql?.trim()) throw bad('sql is empty');
  const format = text(fields, 'formatRecordsAs') ?? 'NONE';
  if (format !== 'NONE' && format !== 'JSON') throw bad('formatRecordsAs must be NONE or JSON');
  return {
    resourceArn: required(fields, 'resourceArn'),
    secretArn: required(fields, 'secretArn'),
    database: text(fields, 'database') || null,
    sql,
    parameters: parseParameters(fields.parameters ?? []),
    includeResultMetadata: flag(fields, 'includeResultMetadata'),
    continueAfterTimeout: flag(fields, 'continueAfterTimeout'),
    formatRecordsAs: format,
  };
}

/**
 * The values in the order of a statement's placeholders.
 * @throws {AwsFault} BadRequestException for a parameter without a value, or a value that the statement does not use
 */
export function valuesFor(names: string[], parameters: Map<string, Parameter>): Parameter[] {
  const values = names.map((name) => {
    const value = parameters.get(name);
    if (!value) throw bad(`Missing value for parameter: ${name}`);
    return value;
  });
  for (const name of parameters.keys()) {
    if (!names.includes(name)) throw bad(`Cannot find parameter: ${name}`);
  }
  return values;
}

function parseJson(body: Buffer): Json {
  let fields: unknown;
  try {
    fields = JSON.parse(body.toString(), keepLongExact as (key: string, value: unknown) => unknown);
  } catch {
    throw bad('The request is not JSON');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw bad('The request is not an object');
  return fields as Json;
}

/** A reviver; its third argument, the source text, is in V8 but not yet in TypeScript's library. */
function keepLongExact(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context.source ?? '') ? BigInt(context.source ?? '') : value;
}

function parseParameters(list: unknown): Map<string, Parameter> {
  if (!Array.isArray(list)) throw bad('parameters must be a list');
  const parameters = new Map<string, Parameter>();
  for (const item of list as Json[]) {
    const name = text(item ?? {}, 'name');
    if (!name) throw bad('A parameter has no name');
    if (parameters.has(name)) throw bad(`Parameter given twice: ${name}`);
    parameters.set(name, parseParameter(name, item));
  }
  return parameters;
}

function parseParameter(name: string, { value: field, typeHint }: Json): Parameter {
  const members = Object.entries((field ?? {}) as Json).filter(([, value]) => value !== null);
  const [member, value] = members[0] ?? [];
  if (members.length !== 1) throw bad(`Parameter ${name} must have exactly one value`);
  if (member === 'isNull' && value === true) return { type: 'null', value: null };
  if (member === 'stringValue' && typeof value === 'string') {
    return { type: 'string', value, hint: parseTypeHint(name, typeHint) };
  }
  if (typeHint) throw bad(`Parameter ${name}: typeHint is supported for stringValue only`);
  if (member === 'booleanValue' && typeof value === 'boolean') return { type: 'boolean', value };
  if (member === 'longValue' && isLong(value)) return { type: 'long', value };
  if (member === 'doubleValue' && (typeof value === 'number' || typeof value === 'bigint')) {
    return { type: 'double', value: Number(value) };
  }
  if (member === 'blobValue' || member === 'arrayValue') throw notSupported(`Parameter ${name}: ${member}`);
  throw bad(`Parameter ${name}: ${member} has a value of another type`);
}

function parseTypeHint(name: string, hint: unknown): TypeHint | null {
  if (hint === undefined || hint === null) return null;
  const known = TYPE_HINTS.find((type) => type === hint);
  if (!known) throw notSupported(`Parameter ${name}: typeHint ${JSON.stringify(hint)}`);
  return known;
}

function isLong(value: unknown): value is number | bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value;
  return Number.isSafeInteger(value);
}

function text(fields: Json, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw bad(`${name} must be a string`);
  return value;
}

function required(fields: Json, name: string): string {
  const value = text(fields, name);
  if (!value) throw bad(`${name} is missing`);
  return value;
}

function flag(fields: Json, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw bad(`${name} must be a boolean`);
  return value;
}

function bad(message: string): AwsFault {
  return new AwsFault('BadRequestException', message);
}

function notSupported(what: string): AwsFault {
  return bad(`${what} is not supported by the local Data API`);
}
