import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import {
  type CellRecord,
  type ChangedTurn,
  type ListedCell,
  listedCellSchema,
  resultKeys,
  type UndoCells,
} from '../contract/results.ts';
import type { Change } from '../domain/change.ts';
import { type CellsResult, type PlanResult, RESULT_VERSION, type RunResult } from '../domain/result.ts';
import type { ExplainResult, UndoResult, VerifyResult } from '../domain/verification-result.ts';
import { CommandError, exitCodes } from './command-error.ts';
import type { Connection } from './connection.ts';

/** The result document of a run of any mode. */
export type ResultDocument = RunResult | PlanResult | CellsResult | VerifyResult | ExplainResult | UndoResult;

/** What a run leaves in the results bucket. Each is null until it has been written. */
export interface Records {
  cells(): Promise<ListedCell[] | null>;
  cell(uuid: string): Promise<CellRecord | null>;
  result(): Promise<ResultDocument | null>;
  /** The changes that were to be made; files are numbered from 1. */
  changes(part: number, file: number): Promise<Change[] | null>;
  /** What became of them; turns are numbered from 1. */
  changed(part: number, turn: number): Promise<ChangedTurn | null>;
}

type Bucket = Pick<Connection, 's3' | 'bucket'>;

/** Reads the records of one run. */
export function recordsOf(connection: Bucket, run: string): Records {
  const read = (key: string) => readJson(connection, key);
  return {
    cells: async () =>
      z
        .array(listedCellSchema)
        .nullable()
        .parse(await read(resultKeys.cells(run))),
    cell: async (uuid) => (await read(resultKeys.cell(run, uuid))) as CellRecord | null,
    result: async () => checkVersion((await read(resultKeys.result(run))) as ResultDocument | null),
    changes: async (part, file) => (await read(resultKeys.changes(run, part, file))) as Change[] | null,
    changed: async (part, turn) => (await read(resultKeys.changed(run, part, turn))) as ChangedTurn | null,
  };
}

/**
 * Puts what an undo is to put back where its run will look for it.
 * @returns in how many files the changes are
 */
export async function putChanges(
  bucket: Bucket,
  run: string,
  { cells }: UndoCells,
  batches: AsyncIterable<Change[]>,
): Promise<number> {
  await putJson(bucket, resultKeys.undo(run), { cells } satisfies UndoCells);
  let files = 0;
  for await (const changes of batches) {
    files += 1;
    await putJson(bucket, resultKeys.changes(run, 0, files), changes);
  }
  return files;
}

async function readJson({ s3, bucket }: Bucket, key: string): Promise<unknown> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? 'null');
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return null;
    throw error;
  }
}

async function putJson({ s3, bucket }: Bucket, key: string, value: unknown): Promise<void> {
  const Body = JSON.stringify(value);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/json' }));
}

function checkVersion(document: ResultDocument | null): ResultDocument | null {
  if (document === null || document.version === RESULT_VERSION) return document;
  throw new CommandError(
    exitCodes.failed,
    `The result document has version ${document.version}, and this command reads ${RESULT_VERSION}: update the command.`,
  );
}
