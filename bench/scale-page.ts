/**
 * Renders docs/scale.md: the text is here, the figures come from scale-model.ts, which takes them from the code.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_WRITERS, MAX_WRITERS } from '../contract/defaults.ts';
import { ROWS_A_SECOND } from '../domain/estimate.ts';
import { DEFAULT_PRICES } from '../domain/usage.ts';
import { figure, percent, table } from './report/format.ts';
import { ASSUMED, type Cloud, limitsOf, needsOf, rowsOfHistory } from './scale-model.ts';

/** The cloud that the page works out. */
export const HUGE_CLOUD: Cloud = {
  cells: 1_000,
  instances: 1_000_000_000,
  writers: DEFAULT_WRITERS,
  databaseRowsASecond: 60_000,
};

/** Where the page is. */
export const SCALE_PAGE = join(import.meta.dirname, '../docs/scale.md');

/** The page, as Markdown. */
export function scalePage(): string {
  const variants: [string, Cloud][] = [
    [`${DEFAULT_WRITERS} writers (the default)`, HUGE_CLOUD],
    ['16 writers, a database four times as fast', { ...HUGE_CLOUD, writers: 16, databaseRowsASecond: 240_000 }],
    [
      `${MAX_WRITERS} writers, a database ten times as fast`,
      { ...HUGE_CLOUD, writers: MAX_WRITERS, databaseRowsASecond: 600_000 },
    ],
  ];
  const needs = variants.map(([, cloud]) => needsOf(cloud));
  const row = (label: string, cell: (need: (typeof needs)[number]) => string) => [label, ...needs.map(cell)];
  const number = (value: number) => Math.round(value).toLocaleString('en');
  const dollars = (value: number) => `$${value.toFixed(2)}`;
  const { cost } = needsOf(HUGE_CLOUD);
  const oneDollar = (value: number, price: number) => dollars(value * price);
  const limits = limitsOf(HUGE_CLOUD);
  return `# A thousand cells, a billion instances

What a run over ${number(HUGE_CLOUD.cells)} cells with ${number(HUGE_CLOUD.instances)} instances altogether would take, worked out on paper: nobody has run this one. [benchmarks.md](benchmarks.md) has the largest run that was measured. The figures are computed from the code's own constants and functions ([scale-model.ts](../bench/scale-model.ts)); \`npm run render\` writes this page, and a test compares it, and holds its numbers of events against the histories of a real run.

What the code cannot say is taken from the measurements on two cores: a page of ${number(ASSUMED.pageRows)} rows takes about the time that a statement should, a row takes ${ASSUMED.bytesARowRead} bytes of an answer, and a writer inserts ${number(ROWS_A_SECOND)} rows a second. That one API database takes ${number(HUGE_CLOUD.databaseRowsASecond)} rows a second from writers enough is assumed. One of the two decides about the time, the writers' figure while they are few: measure your own with one cell.

${table(
  ['', ...variants.map(([label]) => label)],
  [
    row('hours', ({ hours }) => figure(hours)),
    row('cells at once × ranges in each', ({ cellsAtOnce, rangesAtOnce }) => `${cellsAtOnce} × ${rangesAtOnce}`),
    row('turns of MapRange in a cell', ({ turnsACell }) => number(turnsACell)),
    row("events in the parent's history", (need) => number(need.parentEvents)),
    row("events in each child's history", (need) => number(need.childEvents)),
    row('bytes that ListCells returns', (need) => number(need.listBytes)),
    row('bytes that the children return together', (need) => number(need.childrenBytes)),
    row('Data API requests a second', (need) => number(need.dataApiRequestsASecond)),
    row('Data API requests', (need) => number(need.cost.dataApiRequests)),
    row('Data API units of 32 KB', (need) => number(need.cost.dataApiUnits)),
    row('Lambda GB-seconds', (need) => number(need.cost.lambdaGbSeconds)),
    row('Lambda requests', (need) => number(need.cost.lambdaRequests)),
    row('state transitions', (need) => number(need.cost.transitions)),
    row('dollars, without the databases', (need) => dollars(need.cost.estimatedDollars)),
  ],
)}

Cells side by side come before ranges side by side: with as many cells as writers, each cell is one range. More writers than the default help as far as the database takes their rows. The functions' time does not shrink with more writers, as each row takes its time in one of them.

## Cost

At the list prices of us-east-1 (\`prices\` in the configuration replaces them), with ${DEFAULT_WRITERS} writers: the Data API ${oneDollar(cost.dataApiUnits, DEFAULT_PRICES.dataApiUnit)}, Step Functions ${oneDollar(cost.transitions, DEFAULT_PRICES.stateTransition)}, Lambda ${oneDollar(cost.lambdaGbSeconds, DEFAULT_PRICES.lambdaGbSecond)} and its requests ${oneDollar(cost.lambdaRequests, DEFAULT_PRICES.lambdaRequest)}. The databases themselves cost more than all of that, in the hours that it takes.

## What gives first

The share of each limit that the run needs, the highest first. Quotas that can be raised are at their defaults.

${table(
  ['', 'needed', 'limit', 'share'],
  limits.map(({ what, needed, limit }) => [what, number(needed), number(limit), percent(needed / limit)]),
)}

And what happens beyond it:

${limits.map(({ what, beyond }) => `- ${what.replace(/[,:] .*/, '')}: ${beyond}.`).join('\n')}

**What gives first is none of AWS's quotas but Nova's own table.** \`instance_mappings.id\` is an \`int\`. MySQL and MariaDB give ids to a statement that inserts from a SELECT in portions that double, and drop the rest of the last one, so mapping uses up to two ids for an instance: with a billion instances the column may be nearly full, and whoever has more should make it a \`bigint\` before. PostgreSQL uses one id for each.

After it comes time: where the API database takes fewer than ${number(HUGE_CLOUD.instances / limitOf('timeout'))} rows a second, a billion take longer than the day that an execution may last. Nothing is lost then; another run passes over what is mapped and goes on. A child's history comes much later: the ranges of a cell fill it together, with some ${number(rowsOfHistory('working') / 1e6)} million rows at ${number(ROWS_A_SECOND)} a second and writer, and with ${number(rowsOfHistory('pausing') / 1e6)} million where they pause after each turn, as with \`--load\`; with as many fewer as a row takes longer.
`;

  function limitOf(part: string): number {
    return limits.find(({ what }) => what.includes(part))?.limit ?? Number.NaN;
  }
}

if (import.meta.main) writeFileSync(SCALE_PAGE, scalePage());
