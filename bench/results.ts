import type { Cost } from '../domain/usage.ts';
import type { ServerName } from './servers.ts';

/** What a run used, as its result document says. */
export type Usage = Cost;

/** What the server's own counters say of a measured run; null where it has no such counter. */
export interface Counters {
  statements: number;
  bytesReceived: number | null;
  bytesSent: number | null;
  rowsRead: number;
  rowsInserted: number;
  /** Statements that insert, whether they did or failed. */
  insertStatements: number | null;
}

/** What Step Functions and Lambda took for a run of ours. */
export interface MachineFacts {
  parentEvents: number;
  /** Of the child execution that has most. */
  childEvents: number;
  usage: Usage | null;
}

/** One measured run. */
export interface Sample {
  milliseconds: number;
  /** How many mappings it made; for `verify`, how many instances it found right. */
  mapped: number;
  counters: Counters;
  /** Only of ours. */
  machine?: MachineFacts;
}

/** Who maps, and in which situation. */
export const rowNames = [
  'nova first',
  'nova first, one page',
  'nova second',
  'nova after a kill',
  'floor',
  'first, cold',
  'first',
  'second, cold',
  'second',
  'after a stop',
  'verify, cold',
  'verify',
] as const;

/** One of {@link rowNames}. */
export type RowName = (typeof rowNames)[number];

/** Peak memory by function, in MiB; only of those that were called. */
export type Peaks = Partial<Record<string, number>>;

/** What is said of the computer in front of every table. */
export interface ComputerFacts {
  cores: number;
  cpu: string;
  memoryGib: number;
  system: string;
  node: string;
}

/** What is said of the server. */
export interface ServerFacts {
  name: ServerName;
  version: string;
  /** The settings that matter, as the server itself gives them. */
  settings: Record<string, string>;
  /** Size of Nova's tables on it with their indexes, in MiB, when all were mapped. */
  tablesMib: number | null;
}

/** What every part of the measurements says of itself. */
export interface PartFacts {
  /** UTC, when it began. */
  date: string;
  computer: ComputerFacts;
  server: ServerFacts;
  /** How many writers the machine had: its default at the time. */
  writers: number;
  /** The commit that was measured; added by whoever keeps the result. */
  revision?: string | null;
}

/** One cell of a given size on one server: everybody maps the same rows, in each round. */
export interface SpeedResult extends PartFacts {
  kind: 'speed';
  instances: number;
  /** The version of nova-common, where nova-manage was measured. */
  nova: string | null;
  /** The rounds so far; one that was cut off is not in it. */
  rounds: SpeedRound[];
}

export interface SpeedRound {
  rows: Partial<Record<RowName, Sample>>;
  /** Time until the local AWS could take an execution. */
  startUpMs: number;
  peaks: Peaks;
}

/** Two sizes of one cell on one server. */
export interface GrowthResult extends PartFacts {
  kind: 'growth';
  /** The most rows that a statement of the floor copied; left out where one copied all. */
  floorRows?: number;
  sizes: {
    instances: number;
    /** Of the server of this size. */
    bufferPoolMib: number;
    redoLogMib: number;
    tablesMib: number;
    rounds: {
      floorMs: number;
      firstMs: number;
      childEvents: number;
    }[];
  }[];
}

/** Many cells on one server. */
export interface ScaleResult extends PartFacts {
  kind: 'scale';
  /** Instances of each cell. */
  sizes: number[];
  /** How long the floor takes, one cell after the other. */
  floorMs: number;
  startUpMs: number;
  rounds: {
    milliseconds: number;
    mapped: number;
    parentEvents: number;
    childEvents: number[];
    peaks: Peaks;
    usage: Usage | null;
  }[];
}

/** Latencies of one kind of statement, in milliseconds. */
export interface Latencies {
  number: number;
  failed: number;
  p50: number;
  p99: number;
  max: number;
}

/** Nova's API at work, alone and beside a mapping. */
export interface LiveResult extends PartFacts {
  kind: 'live';
  instances: number;
  perSecond: number;
  rounds: {
    alone: { inserts: Latencies; updates: Latencies };
    beside: { inserts: Latencies; updates: Latencies };
    mapMs: number;
  }[];
}

/** What a part leaves. */
export type PartResult = SpeedResult | GrowthResult | ScaleResult | LiveResult;
