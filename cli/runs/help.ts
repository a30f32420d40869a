import { exitCodes } from '../command-error.ts';
import { GIVE_UP_MS } from '../patience.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './limit.ts';

/** Below the options of each command that is about the runs of a deployed stack. */
const whichRun = `
RUN is a run's name, as runs shows it and as its command told, or the beginning of one if no other begins so; latest
is the one that was started last; an execution's whole ARN does too. Runs that a trigger, the console or somebody else
has started are runs like any other. A run with --local ends with its command, so there is none to look for later.`;

/** The exit codes of a command that ends as the run does. */
function endsAsTheRun(others: readonly (readonly [code: number, text: string])[]): string {
  return exitCodeLines([
    [exitCodes.ok, 'The run is complete. 1, 3, 4 and 130 are those of the command that started it: see its --help.'],
    [exitCodes.misuse, 'A mistake in what was asked for: there is no such run, say.'],
    ...others,
  ]);
}

function exitCodeLines(rows: readonly (readonly [code: number, text: string])[]): string {
  return `\nExit codes:\n${rows.map(([code, text]) => `  ${String(code).padEnd(5)}${text}`).join('\n')}`;
}

const failed = [exitCodes.failed, 'AWS refused, or did not answer; the message says why.'] as const;

/** The bounds of the options. */
export const runsOptionHelp = {
  limit: `how many, 1 to ${MAX_LIMIT} (default: ${DEFAULT_LIMIT})`,
} as const;

/** What stands below the options of each command. */
export const runsHelp = {
  runs: `
The newest first, whoever or whatever has started them. Step Functions remembers a run for 90 days.

Examples:
  npx cellmap runs
  npx cellmap runs --stack cellmap --region eu-central-1 --limit 5
  npx cellmap runs --json
${exitCodeLines([
  [exitCodes.ok, 'The runs are listed.'],
  [exitCodes.misuse, 'A mistake in what was asked for.'],
  failed,
])}`,
  watch: `
Shows a run as the command does that started it, and ends with the same report and exit code. Ctrl-C leaves the run
alone, and so does closing the terminal. Where nothing is heard of the run for ${GIVE_UP_MS / 60_000} minutes, watching ends, and the run
goes on. Of a repair with --apply it writes the undo file at the end, cellmap-undo-RUN.jsonl, unless it is there.
${whichRun}

Examples:
  npx cellmap watch latest
  npx cellmap watch map-20261122T140501Z-ab12 --stack cellmap
${endsAsTheRun([
  [exitCodes.failed, 'The run failed, or nothing is heard of it any more; the message says which.'],
  [exitCodes.stopped, 'The run was stopped, or you have left it; the message says which.'],
])}`,
  stop: `
Ends a run. What it has written is right, and its result is what it had done until then. A function that is just working
on AWS ends its turn, so that some rows may be written for a few seconds more.
${whichRun}

Examples:
  npx cellmap stop latest
  npx cellmap stop map-20261122T140501Z-ab12 --cause 'The API database is being upgraded'
${exitCodeLines([
  [exitCodes.ok, 'It is stopped, or had ended already.'],
  [exitCodes.misuse, 'A mistake in what was asked for: there is no such run, say.'],
  failed,
])}`,
  retry: `
Starts a new run with the input of an earlier one, for just the cells that failed or were cut off, and follows it. What
verify, repair and explain find out takes every cell, so that they begin again as a whole. It refuses where nothing
failed, and while the run goes on.
${whichRun}

Examples:
  npx cellmap retry latest
  npx cellmap retry map-20261122T140501Z-ab12 --json > result.json
  npx cellmap retry latest --html report.html
${endsAsTheRun([])}`,
  report: `
Prints what a run came to, as the command did that started it. It reads the result document, which the stack keeps for
longer than Step Functions remembers the run. In place of RUN it takes a file NAME.json with a document that --json
printed; with --local, too, where its run was one on this computer.
${whichRun}

Examples:
  npx cellmap report latest
  npx cellmap report map-20261122T140501Z-ab12 --json > result.json
  npx cellmap report latest --html report.html
  npx cellmap report result.json
${endsAsTheRun([])}`,
} as const;
