import { StatesError } from './faults.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Data on its way between states, as value and as the JSON text that the history shows. Never changed in place. */
export interface Payload {
  readonly value: Json;
  readonly text: string;
}

/** Step Functions' quota for the input or output of a state, a task or an execution, in bytes of UTF-8. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Writes a value as text. `owner` is the state or resource that `States.DataLimitExceeded` blames. */
export function payloadOf(value: Json, owner: string): Payload {
  const text = JSON.stringify(value);
  checkSize(text, owner);
  return { value, text };
}

/** Throws `States.DataLimitExceeded`, in AWS's words, when the text is over the quota. */
export function checkSize(text: string, owner: string): void {
  if (exceedsPayloadLimit(text)) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${owner}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
}

export function exceedsPayloadLimit(text: string): boolean {
  return Buffer.byteLength(text) > MAX_PAYLOAD_BYTES;
}

export function isObject(value: unknown): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
