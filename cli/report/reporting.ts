import type { Fault } from '../../domain/range.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { marks } from '../display/marks.ts';
import { paint } from '../display/paint.ts';
import { formatDuration, printable } from '../display/text.ts';
import type { WhereOptions } from '../options.ts';
import { type MeaningMode, meaningAfter } from './meanings.ts';

/** What a report needs besides the document. */
export interface Reporting {
  colours: boolean;
  /** How the command found its databases, for the commands that the report recommends. */
  where: WhereOptions;
  /** The cells that were chosen with --cell. */
  cells?: readonly string[];
  /** Names of cells by `cell_mappings.id`, where they are known. */
  cellNames?: ReadonlyMap<number, string>;
}

/** The status and what it means. */
export function verdictLine(mode: MeaningMode, status: RunStatus, { colours }: Reporting): string {
  return `${paint(status, marks[status].look, colours)}: ${meaningAfter(mode, status)}`;
}

/** A command that a report recommends, on a line of its own. */
export function nextLine(command: string, { colours }: Reporting): string {
  return `  ${paint('next:', 'dim', colours)} ${command}`;
}

/** What failed, and why. */
export function failureLine(what: string, { name, message }: Fault, { colours }: Reporting): string {
  return `${paint(`${printable(what)} failed`, 'red', colours)} (${printable(name)}): ${printable(message)}`;
}

/** A length of time in seconds, for people. */
export function secondsText(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000);
}
