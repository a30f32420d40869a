import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type CommandError, misuse } from '../command-error.ts';
import type { WhereOptions } from '../options.ts';
import type { ResultDocument } from '../records.ts';
import type { ReportFacts } from './facts.ts';
import { factsOfDocument, gatherFacts, type ReportOrder } from './gather.ts';
import { renderHtmlReport } from './render.ts';

/**
 * Makes sure that a report can be written, before there is anything to tell.
 * @throws {CommandError} misuse, when it has no name or its folder cannot be written to
 */
export async function checkFile(file: string): Promise<void> {
  if (file === '') throw misuse('--html needs the name of a file.');
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
  if (
    await stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    )
  )
    throw unwritable(file, { code: 'EISDIR' });
}

/**
 * Writes what there is to tell of a run as one HTML file.
 * @throws {CommandError} misuse, when there is no such run or the file cannot be written
 */
export async function writeHtmlReport({ file, ...order }: ReportOrder & { file: string }): Promise<void> {
  await checkFile(file);
  await writePage(file, await gatherFacts(order));
}

/**
 * Writes what a result document alone tells as one HTML file.
 * @throws {CommandError} misuse, when the file cannot be written
 */
export async function writeHtmlOfDocument(
  document: ResultDocument,
  { file, where }: { file: string; where?: WhereOptions },
): Promise<void> {
  await checkFile(file);
  await writePage(file, factsOfDocument(document, where));
}

async function writePage(file: string, facts: ReportFacts): Promise<void> {
  const page = renderHtmlReport(facts);
  await writeFile(file, page).catch((error: unknown) => {
    throw unwritable(file, error);
  });
}

function unwritable(file: string, error: unknown): CommandError {
  const { code } = error as NodeJS.ErrnoException;
  return misuse(`The report ${file} cannot be written (${code}): give --html a file in another folder.`);
}
