import {
  LEAST_LOAD,
  MAX_PAGE_SIZE,
  MAX_SECOND_LOOK_SECONDS,
  MAX_WRITERS,
  STATEMENT_MS_BOUNDS,
} from '../contract/defaults.ts';
import { type RepairableClass, repairableClasses } from '../domain/classification.ts';
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
  /** Where to write a report of the run as HTML. */
  html?: string;
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
  /** How long a statement should take. */
  statementMs?: number;
  /** The share of the time in which a writer works. */
  load?: number;
  cell?: string[];
  maxCount?: number;
  /** Only to say what would be mapped. */
  dryRun?: boolean;
}

/** What is to be verified. */
export interface VerifyOptions extends SpeedOptions {
  cell?: string[];
  /** In seconds. */
  secondLook?: number;
}

/** What is to be repaired. */
export interface RepairOptions extends VerifyOptions {
  class?: RepairableClass[];
  apply?: boolean;
  undoFile?: string;
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
  return within('--page-size', text, 1, MAX_PAGE_SIZE);
}

/** Reads --writers. */
export function parseWriters(text: string): number {
  return within('--writers', text, 1, MAX_WRITERS);
}

/** Reads --statement-ms. */
export function parseStatementMs(text: string): number {
  return within('--statement-ms', text, STATEMENT_MS_BOUNDS.least, STATEMENT_MS_BOUNDS.most);
}

/** Reads --load. */
export function parseLoad(text: string): number {
  const load = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (load >= LEAST_LOAD && load <= 1) return load;
  throw misuse(`--load must be a number from ${LEAST_LOAD} to 1.`);
}

/** Reads --second-look. */
export function parseSecondLook(text: string): number {
  return within('--second-look', text, 0, MAX_SECOND_LOOK_SECONDS);
}

/** Reads one of several --cell. */
export function collectCell(text: string, before: string[] = []): string[] {
  if (text === '') throw misuse('--cell needs the name or the uuid of a cell.');
  return [...before, text];
}

/** Reads one of several --class, each of one or several classes. */
export function collectClasses(text: string, before: RepairableClass[] = []): RepairableClass[] {
  const named = text.split(',').map((name) => {
    const known = repairableClasses.find((candidate) => candidate === name.trim());
    if (known === undefined) throw misuse(`repair knows no class "${name.trim()}". There are: ${REPAIRABLE}.`);
    return known;
  });
  return [...new Set([...before, ...named])];
}

/** The classes that can be repaired, for people. */
export const REPAIRABLE = new Intl.ListFormat('en').format(repairableClasses);

/** Reads the instance that explain is about. */
export function parseInstance(text: string): string {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return text;
  throw misuse(`"${text}" is not the uuid of an instance, such as eb0e61d0-a371-4830-a35d-4e3256af5b3d.`);
}

function within(option: string, text: string, least: number, most: number): number {
  const number = wholeNumber(text);
  if (number === null || number < least || number > most) {
    throw misuse(`${option} must be a whole number from ${least} to ${most.toLocaleString('en-US')}.`);
  }
  return number;
}

function wholeNumber(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}
