import { MAX_PAGE_SIZE, MAX_WRITERS } from '../contract/defaults.ts';
import { CommandError, exitCodes, misuse } from './command-error.ts';

/** How to reach the databases or the stack, as the command line gives it. */
export interface WhereOptions {
  local?: boolean;
  configFile?: string;
  apiDatabase?: string;
  mainDatabase?: string;
  stack?: string;
  region?: string;
  profile?: string;
}

/** What every command that runs the machine takes. */
export interface OutputOptions {
  json?: boolean;
  /** False with --no-progress. */
  progress: boolean;
}

/** How fast a run may go. */
export interface SpeedOptions {
  pageSize?: number;
  writers?: number;
}

/** What is to be mapped. */
export interface MapOptions extends SpeedOptions {
  cell?: string[];
  maxCount?: number;
}

/** nova-manage's sentence and exit code, which operators' scripts know. */
export const BAD_MAX_COUNT = 'Must supply a positive value for max-count';

/** Reads --max-count. No cell has more instances than the largest exact number, so a larger limit is none. */
export function parseMaxCount(text: string): number {
  const count = wholeNumber(text);
  if (count === null || count < 1) throw new CommandError(exitCodes.badMaxCount, BAD_MAX_COUNT);
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}

/** Reads --page-size. */
export function parsePageSize(text: string): number {
  return within('--page-size', text, MAX_PAGE_SIZE);
}

/** Reads --writers. */
export function parseWriters(text: string): number {
  return within('--writers', text, MAX_WRITERS);
}

/** Reads one of several --cell. */
export function collectCell(text: string, before: string[] = []): string[] {
  if (text === '') throw misuse('--cell needs the name or the uuid of a cell.');
  return [...before, text];
}

function within(option: string, text: string, most: number): number {
  const number = wholeNumber(text);
  if (number === null || number < 1 || number > most) {
    throw misuse(`${option} must be a whole number from 1 to ${most.toLocaleString('en-US')}.`);
  }
  return number;
}

function wholeNumber(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}
