/** The Lambda functions, one for each Task state of the machine. */
export const functionNames = [
  'ListCells',
  'OpenCell',
  'MapRange',
  'CheckPassedOver',
  'CloseCell',
  'CellFailed',
  'DigestMappings',
  'DigestInstances',
  'CompareCell',
  'FindSuspects',
  'ExamineSuspects',
  'ChangeMappings',
  'CloseRun',
] as const;

export type FunctionName = (typeof functionNames)[number];

/** What is deployed beside the machine: it tells people how a run ended. */
export const announcer = 'AnnounceRun';

/** Every function of a stack. */
export const deployedNames = [...functionNames, announcer] as const;

export type DeployedName = (typeof deployedNames)[number];

/** What the stack and the local run must know of a function to run it. */
export interface FunctionFacts {
  /** The file that exports `handler`, from the root of the repository. */
  entry: string;
  memoryMb: number;
  timeoutSeconds: number;
}

export const functionFacts: Readonly<Record<DeployedName, FunctionFacts>> = {
  ListCells: { entry: 'functions/list-cells.ts', memoryMb: 256, timeoutSeconds: 60 },
  OpenCell: { entry: 'functions/open-cell.ts', memoryMb: 256, timeoutSeconds: 60 },
  // A turn works for at most 20 s; the rest is for a last statement, which the Data API ends after 45 s.
  MapRange: { entry: 'functions/map-range.ts', memoryMb: 256, timeoutSeconds: 90 },
  CheckPassedOver: { entry: 'functions/check-passed-over.ts', memoryMb: 256, timeoutSeconds: 60 },
  CloseCell: { entry: 'functions/close-cell.ts', memoryMb: 256, timeoutSeconds: 120 },
  CellFailed: { entry: 'functions/cell-failed.ts', memoryMb: 256, timeoutSeconds: 30 },
  DigestMappings: { entry: 'functions/digest-mappings.ts', memoryMb: 256, timeoutSeconds: 90 },
  DigestInstances: { entry: 'functions/digest-instances.ts', memoryMb: 256, timeoutSeconds: 90 },
  CompareCell: { entry: 'functions/compare-cell.ts', memoryMb: 256, timeoutSeconds: 90 },
  FindSuspects: { entry: 'functions/find-suspects.ts', memoryMb: 256, timeoutSeconds: 120 },
  ExamineSuspects: { entry: 'functions/examine-suspects.ts', memoryMb: 256, timeoutSeconds: 90 },
  ChangeMappings: { entry: 'functions/change-mappings.ts', memoryMb: 256, timeoutSeconds: 90 },
  CloseRun: { entry: 'functions/close-run.ts', memoryMb: 256, timeoutSeconds: 120 },
  AnnounceRun: { entry: 'functions/announce-run.ts', memoryMb: 256, timeoutSeconds: 30 },
};

/**
 * What keeps a function's memory low, in MiB. Some twenty are in use at a time, whatever the cell's size, but V8 lets
 * what the pages leave behind pile up first, mostly in its young generation: 242 after 500 pages, and 119 so.
 */
export const nodeOptions: readonly string[] = ['--max-old-space-size=96', '--max-semi-space-size=8'];

/**
 * How a function is bundled, in esbuild's words: the same on AWS (CDK's NodejsFunction) and on this computer.
 *
 * Nothing is left to what the runtime brings along: its SDK changes with time, the one in the lock file does not.
 */
export const bundling = {
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  /** CommonJS packages in an ES module call `require`. The long name keeps clear of a bundled `createRequire`. */
  banner: [
    "import { createRequire as createRequireOfBundle } from 'node:module';",
    'const require = createRequireOfBundle(import.meta.url);',
  ].join(' '),
  external: [],
  minify: false,
  sourcemap: false,
  legalComments: 'none',
  /** The name of the bundle in the function's own folder. */
  file: 'index.mjs',
} as const;
