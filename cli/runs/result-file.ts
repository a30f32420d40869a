import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { modes } from '../../contract/payloads.ts';
import { RESULT_VERSION } from '../../domain/result.ts';
import { runStatuses } from '../../domain/run-status.ts';
import { misuse } from '../command-error.ts';
import type { ResultDocument } from '../records.ts';

/** What tells a result document from other JSON, and one of this version from later ones. */
const headSchema = z.looseObject({
  version: z.literal(RESULT_VERSION),
  mode: z.enum(modes),
  status: z.enum(runStatuses.map(({ status }) => status)),
  startedAt: z.string(),
  seconds: z.number(),
});

/** Whether a file is meant, not a run: no run of the command line has such a name. */
export function isResultFile(wanted: string): boolean {
  return wanted.endsWith('.json');
}

/**
 * Reads a result document that `--json` printed.
 * @throws {CommandError} misuse, where the file is none
 */
export async function readResultFile(path: string): Promise<ResultDocument> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw misuse(`${path} cannot be read (${error.code}).`);
  });
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, with all else that is no document.
  }
  if (!headSchema.safeParse(value).success) {
    throw misuse(`${path} is no result document of version ${RESULT_VERSION}, such as map --json prints.`);
  }
  return value as ResultDocument;
}
