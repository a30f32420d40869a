import { GetObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { type CellRecord, type ListedCell, listedCellSchema, resultKeys } from '../contract/results.ts';
import { type CellsResult, RESULT_VERSION, type RunResult } from '../domain/result.ts';
import { CommandError, exitCodes } from './command-error.ts';
import type { Connection } from './connection.ts';

/** What a run leaves in the results bucket. Each is null until it has been written. */
export interface Records {
  cells(): Promise<ListedCell[] | null>;
  cell(uuid: string): Promise<CellRecord | null>;
  result(): Promise<RunResult | CellsResult | null>;
}

/** Reads the records of one run. */
export function recordsOf(connection: Pick<Connection, 's3' | 'bucket'>, run: string): Records {
  const read = (key: string) => readJson(connection, key);
  return {
    cells: async () =>
      z
        .array(listedCellSchema)
        .nullable()
        .parse(await read(resultKeys.cells(run))),
    cell: async (uuid) => (await read(resultKeys.cell(run, uuid))) as CellRecord | null,
    result: async () => checkVersion((await read(resultKeys.result(run))) as RunResult | CellsResult | null),
  };
}

async function readJson({ s3, bucket }: Pick<Connection, 's3' | 'bucket'>, key: string): Promise<unknown> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? 'null');
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return null;
    throw error;
  }
}

function checkVersion(document: RunResult | CellsResult | null): RunResult | CellsResult | null {
  if (document === null || document.version === RESULT_VERSION) return document;
  throw new CommandError(
    exitCodes.failed,
    `The result document has version ${document.version}, and this command reads ${RESULT_VERSION}: update the command.`,
  );
}
