import type { ExecutionListItem } from '@aws-sdk/client-sfn';
import { classNames } from '../../domain/classification.ts';
import { forEachAtOnce } from '../at-once.ts';
import { exitCodes } from '../command-error.ts';
import { marks } from '../display/marks.ts';
import { formatCount, formatDuration, printable } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { type Column, tableLines } from '../report/table.ts';
import type { Session } from '../session.ts';
import { hasColours } from '../terminal.ts';
import { connectRuns } from './connect-runs.ts';
import { listRuns } from './find-run.ts';
import { DEFAULT_LIMIT, type RunsOptions } from './limit.ts';
import { describeListed, type ListedRun } from './listed-run.ts';

/** How many runs are looked at at once. */
const AT_ONCE = 8;

/** `cellmap runs`: lists the newest runs, whoever started them. Returns the exit code. */
export async function listRecentRuns(options: RunsOptions, session: Session): Promise<number> {
  const connection = await connectRuns(options, session);
  const { limit = DEFAULT_LIMIT } = options;
  const items: ExecutionListItem[] = [];
  for await (const page of listRuns(connection, limit)) {
    items.push(...page);
    if (items.length >= limit) break;
  }
  const newest = items.slice(0, limit);
  const runs: ListedRun[] = [];
  await forEachAtOnce([...newest.entries()], AT_ONCE, async ([index, item]) => {
    runs[index] = await describeListed(connection, item, Date.now);
  });
  const { stdout, stderr, env } = session.terminal;
  if (options.json) stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
  else if (runs.length > 0) stdout.write(`${tableLines(columns, runs, hasColours(stdout, env)).join('\n')}\n`);
  if (runs.length === 0) stderr.write(`There is no run yet. Start one: ${commandText(['map'], options)}\n`);
  return exitCodes.ok;
}

const columns: readonly Column<ListedRun>[] = [
  { title: 'run', text: ({ run }) => printable(run) },
  {
    title: 'status',
    text: ({ status }) => (status === null ? '? unknown' : `${marks[status].sign} ${status}`),
    look: ({ status }) => (status === null ? 'plain' : marks[status].look),
  },
  { title: 'mode', text: ({ mode }) => mode },
  { title: 'started (UTC)', text: ({ startedAt }) => startedAt.slice(0, 19).replace('T', ' ') },
  { title: 'took', align: 'right', text: ({ seconds }) => formatDuration(seconds * 1_000) },
  { title: 'result', text: resultText },
];

/** The totals that a run of the mode is about, as the document and the words of its report call them. */
const kindsOf: Readonly<Record<string, readonly (readonly [key: string, word: string])[]>> = {
  map: [
    ['mapped', 'mapped'],
    ['alreadyMapped', 'already mapped'],
    ['unmapped', 'unmapped'],
    ['inFlight', 'in flight'],
    ['conflicts', 'conflicts'],
    ['setAside', 'set aside'],
  ],
  plan: [
    ['unmapped', 'to map'],
    ['alreadyMapped', 'already mapped'],
    ['conflicts', 'conflicts'],
    ['setAside', 'set aside'],
  ],
  verify: classNames.map((name) => [name, name]),
  repair: classNames.map((name) => [name, name]),
};

/** What a run came to in one line: its error, if one ended it, and its totals that are not 0. */
function resultText({ mode, totals, error }: ListedRun): string {
  const counts = (kindsOf[mode] ?? []).flatMap(([key, word]) => {
    const count = totals?.[key] ?? 0;
    return count === 0 ? [] : [`${formatCount(count)} ${word}`];
  });
  // What a repair has changed is not among its totals: they are what it found.
  if (mode === 'repair' && counts.length > 0) counts[0] = `found ${counts[0]}`;
  return [...(error === null ? [] : [printable(error)]), ...counts].join(', ');
}
