import { AwsFault } from '../endpoint.ts';
import { MAX_RESPONSE_BYTES, MAX_ROW_BYTES, responseTooLarge, rowTooLarge } from './limits.ts';
import type { Column, ColumnKind, RowSink, Value } from './session.ts';

type Encode = (value: NonNullable<Value>) => string;

/**
 * A value as JSON text. Numbers are never parsed: the server's digits go into the answer, so none is rounded.
 * (A BIGINT UNSIGNED above 2^63 - 1 keeps its digits as well.)
 */
const ENCODE: Record<Exclude<ColumnKind, 'unsupported'>, Encode> = {
  long: String,
  double: (value) => (Number.isFinite(Number(value)) ? String(value) : JSON.stringify(String(value))),
  boolean: (value) => (value ? 'true' : 'false'),
  string: (value) => JSON.stringify(value),
  blob: (value) => JSON.stringify(Buffer.from(value as Buffer).toString('base64')),
};

/**
 * Writes a result as the Data API's JSON while its rows arrive: typed fields, or one object a row under the columns'
 * labels (`formatRecordsAs: JSON`, https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-json.html).
 *
 * The limits count the bytes of that JSON for the response, and the values' bytes for a row.
 */
export class RecordWriter implements RowSink {
  readonly #asJson: boolean;
  readonly #onFault: (fault: AwsFault) => void;
  #columns: Column[] | null = null;
  #before: string[] = [];
  #encode: Encode[] = [];
  #after = '';
  #nulls: string[] = [];
  #rows = '';
  #faulty = false;

  /** `onFault` is told once, as soon as the result cannot be answered; rows after that are dropped. */
  constructor(format: 'NONE' | 'JSON', onFault: (fault: AwsFault) => void) {
    this.#asJson = format === 'JSON';
    this.#onFault = onFault;
  }

  columns(columns: Column[]): void {
    const unsupported = columns.find(({ kind }) => kind === 'unsupported');
    if (unsupported) {
      this.#fail(unsupportedResult(`The result contains the unsupported data type ${unsupported.typeName}`));
      return;
    }
    if (this.#columns) {
      this.#fail(unsupportedResult('The statement returned more than one result set'));
      return;
    }
    this.#columns = columns;
    this.#encode = columns.map(({ kind }) => ENCODE[kind as keyof typeof ENCODE]);
    const comma = (index: number) => (index === 0 ? '' : ',');
    const keys = columns.map(({ label }, index) => `${comma(index)}${JSON.stringify(label)}:`);
    this.#before = this.#asJson ? keys : columns.map(({ kind }, index) => `${comma(index)}{"${kind}Value":`);
    this.#after = this.#asJson ? '' : '}';
    this.#nulls = columns.map((_, index) => (this.#asJson ? `${keys[index]}null` : `${comma(index)}{"isNull":true}`));
  }

  row(values: Value[]): void {
    if (this.#faulty) return;
    let text = '';
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? null;
      const encode = this.#encode[index] as Encode;
      text += value === null ? this.#nulls[index] : this.#before[index] + encode(value) + this.#after;
    }
    // UTF-8 takes at most three bytes for each unit of a string, so most rows need no counting.
    if (text.length * 3 > MAX_ROW_BYTES && byteSize(values) > MAX_ROW_BYTES) {
      this.#fail(rowTooLarge());
      return;
    }
    const separator = this.#rows === '' ? '' : ',';
    this.#rows += separator + (this.#asJson ? `{${text}}` : `[${text}]`);
    if (this.#rows.length > MAX_RESPONSE_BYTES) this.#fail(responseTooLarge());
  }

  /**
   * The body of the answer.
   * @throws {AwsFault} BadRequestException where the result is above the limit
   */
  answer(recordsUpdated: number, includeResultMetadata: boolean): string {
    const members = [`"numberOfRecordsUpdated":${recordsUpdated}`];
    if (!this.#columns) return `{${members[0]},"generatedFields":[]}`;
    const records = `[${this.#rows}]`;
    if (Buffer.byteLength(records) > MAX_RESPONSE_BYTES) throw responseTooLarge();
    if (this.#asJson) {
      members.push(`"formattedRecords":${JSON.stringify(records)}`);
    } else {
      members.push(`"records":${records}`);
      if (includeResultMetadata) {
        const metadata = this.#columns.map(({ name, label, typeName }) => ({ name, label, typeName }));
        members.push(`"columnMetadata":${JSON.stringify(metadata)}`);
      }
    }
    return `{${members.join(',')}}`;
  }

  #fail(fault: AwsFault): void {
    this.#faulty = true;
    this.#onFault(fault);
  }
}

function byteSize(values: Value[]): number {
  return values.reduce<number>(
    (sum, value) => sum + (Buffer.isBuffer(value) ? value.length : Buffer.byteLength(String(value ?? ''))),
    0,
  );
}

function unsupportedResult(message: string): AwsFault {
  return new AwsFault('UnsupportedResultException', message);
}
