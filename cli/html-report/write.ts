import { writeFile } from 'node:fs/promises';
import { misuse } from '../command-error.ts';
import { gatherFacts, type ReportOrder } from './gather.ts';
import { renderHtmlReport } from './render.ts';

/**
 * Writes what there is to tell of a run as one HTML file.
 * @throws {CommandError} misuse, when there is no such run or the file cannot be written
 */
export async function writeHtmlReport({ file, ...order }: ReportOrder & { file: string }): Promise<void> {
  const page = renderHtmlReport(await gatherFacts(order));
  try {
    await writeFile(file, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw misuse(`The report ${file} cannot be written (${code}): give --html a file in another folder.`);
  }
}
