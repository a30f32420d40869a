import type { Counters, RowName, Sample, SpeedResult } from '../results.ts';
import { median } from '../statistics.ts';
import { factsText, peaksText } from './facts.ts';
import { figure, middle, NONE, percent, roundsText, table, withSpread } from './format.ts';

const labels: Record<RowName, string> = {
  'nova first': '`nova-manage cell_v2 map_instances`',
  'nova first, one page': '… with `--max-count 50000`',
  'nova second': '… a second time',
  'nova after a kill': '… after kill -9 at half',
  floor: 'the floor: one `INSERT … SELECT`',
  'first, cold': 'cellmap, functions cold',
  first: 'cellmap, functions warm',
  'second, cold': '… a second time, its functions cold',
  second: '… a second time, warm',
  'after a stop': '… after StopExecution at half',
  'verify, cold': '`verify`, its functions cold',
  verify: '`verify`, warm',
};

/** What each row is compared with of nova-manage's; all others map from nothing, as its first run does. */
const counterparts: Partial<Record<RowName, RowName>> = {
  'second, cold': 'nova second',
  second: 'nova second',
  'after a stop': 'nova after a kill',
};

/** nova-manage has nothing like it. */
const isVerify = (name: RowName) => name.startsWith('verify');

/** The rows that write all that the floor writes. */
const hasFloor = (name: RowName) =>
  ['nova first', 'nova first, one page', 'floor', 'first, cold', 'first'].includes(name);

/** One cell of one size on one server. */
export function speedSection(result: SpeedResult, nova: SpeedResult | undefined): string {
  const samplesOf = samplesIn(result);
  const names = (Object.keys(labels) as RowName[]).filter((name) => samplesOf(name).length > 0);
  const isOurs = (name: RowName) => samplesOf(name).some(({ machine }) => machine !== undefined);
  const floorMs = medianMs(samplesOf('floor'));
  const size = result.instances.toLocaleString('en');
  const server = result.server.name;
  return [
    `## ${size} instances on ${server}`,
    factsText(result),
    `Each figure is the ${roundsText(result.rounds.length)}${novaRounds(result, samplesOf('nova first').length)}.`,
    table(
      ['', 'seconds', 'instances a second', 'times nova-manage', 'of the floor'],
      names.map((name) => [
        labels[name],
        withSpread(samplesOf(name).map(({ milliseconds }) => milliseconds / 1000)),
        figure(result.instances / (medianMs(samplesOf(name)) / 1000)),
        times(medianMs(samplesOf(counterparts[name] ?? 'nova first')) / medianMs(samplesOf(name)), name),
        hasFloor(name) ? percent(floorMs / medianMs(samplesOf(name))) : NONE,
      ]),
    ),
    'Instances a second are those of the whole cell, also where a run finds some of them mapped; what writes fewer rows than the floor is not compared with it.',
    novaText(result, nova),
    `What the database had to do, ${server === 'PostgreSQL' ? 'by `pg_stat_database` and `pg_stat_user_tables`' : 'by `SHOW GLOBAL STATUS`'}, for each instance of the cell; rows that were written, or tried and refused, and inserting statements in all:`,
    table(
      ['', 'statements', 'bytes received', 'bytes sent', 'rows read', 'rows written or tried', 'inserting statements'],
      names.map((name) => [labels[name], ...counterCells(samplesOf(name), result.instances)]),
    ),
    secondRunText(result),
    'What Step Functions, Lambda and the Data API had to do for the whole run:',
    table(
      [
        '',
        'events, parent',
        'events, child',
        'transitions',
        'Lambda GB-s',
        'Data API requests',
        '32 KB units',
        'dollars',
      ],
      names.filter(isOurs).map((name) => [labels[name], ...machineCells(samplesOf(name))]),
    ),
    `Starting the local AWS takes ${withSpread(result.rounds.map(({ startUpMs }) => startUpMs / 1000))} s more, once for each command. ` +
      `Peak memory of a function: ${peaksText(result.rounds)}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The samples of a row, of all rounds. */
function samplesIn({ rounds }: SpeedResult): (name: RowName) => Sample[] {
  return (name) => rounds.flatMap(({ rows }) => rows[name] ?? []);
}

function medianMs(samples: readonly Sample[]): number {
  return median(samples.map(({ milliseconds }) => milliseconds));
}

function times(ratio: number, name: RowName): string {
  return name === 'floor' || isVerify(name) || !Number.isFinite(ratio) ? NONE : figure(ratio);
}

function novaRounds({ rounds, nova }: SpeedResult, number: number): string {
  return nova === null || number === rounds.length ? '' : `; nova-manage's of ${number}`;
}

/** What nova-manage was compared with, or would need. */
function novaText({ nova, instances }: SpeedResult, measured: SpeedResult | undefined): string {
  if (nova !== null)
    return (
      `nova-manage is that of Nova ${nova}, on the tables that it has made itself, and cellmap and the floor work on the same ones. ` +
      '"Times nova-manage" compares like with like: a second run with its second run, a run after a stop with its run after a kill; all others with its default.'
    );
  const samples = measured === undefined ? [] : samplesIn(measured)('nova first');
  if (measured === undefined || samples.length === 0 || measured.instances >= instances) return '';
  const minutes = (medianMs(samples) * (instances / measured.instances)) / 60_000;
  return (
    `nova-manage was not run here. *Extrapolated, not measured:* at the rate that it had with ${measured.instances.toLocaleString('en')} instances ` +
    `it would take ${figure(minutes)} minutes, and more than that, as each of its pages reads the whole table.`
  );
}

function counterCells(samples: readonly Sample[], instances: number): string[] {
  const each = (pick: (counters: Counters) => number | null) =>
    middle(
      samples.map(({ counters }) => {
        const value = pick(counters);
        return value === null ? null : value / instances;
      }),
    );
  return [
    each((counters) => counters.statements),
    each((counters) => counters.bytesReceived),
    each((counters) => counters.bytesSent),
    each((counters) => counters.rowsRead),
    middle(samples.map(({ counters }) => counters.rowsInserted)),
    middle(samples.map(({ counters }) => counters.insertStatements)),
  ];
}

function machineCells(samples: readonly Sample[]): string[] {
  const middleOf = (pick: (machine: NonNullable<Sample['machine']>) => number | undefined) =>
    middle(samples.map(({ machine }) => (machine === undefined ? undefined : pick(machine))));
  return [
    middleOf(({ parentEvents }) => parentEvents),
    middleOf(({ childEvents }) => childEvents),
    middleOf(({ usage }) => usage?.transitions),
    middleOf(({ usage }) => usage?.lambdaGbSeconds),
    middleOf(({ usage }) => usage?.dataApiRequests),
    middleOf(({ usage }) => usage?.dataApiUnits),
    middleOf(({ usage }) => usage?.estimatedDollars),
  ];
}

/** Warm beside warm and cold beside cold; what was written, in all of them. */
function secondRunText(result: SpeedResult): string {
  const samplesOf = samplesIn(result);
  const share = (second: RowName, first: RowName) => percent(medianMs(samplesOf(second)) / medianMs(samplesOf(first)));
  const second = [...samplesOf('second, cold'), ...samplesOf('second')];
  if (second.length === 0 || samplesOf('first').length === 0) return '';
  const written = Math.max(...second.map(({ counters }) => counters.rowsInserted));
  const attempts = second.map(({ counters }) => counters.insertStatements).filter((number) => number !== null);
  // PostgreSQL counts no statements.
  const tried = attempts.length === 0 ? '' : `, tried ${sum(attempts) === 0 ? 'no' : sum(attempts)} INSERT`;
  return (
    `A second run over ${result.instances.toLocaleString('en')} mapped instances took ${share('second', 'first')} of the first run's time, both warm; ` +
    `with functions that had to be started, ${share('second, cold', 'first, cold')}. ` +
    `In all ${second.length} second runs it wrote ${written === 0 ? 'no row' : `${written} rows`}${tried}${attempts.length > 0 && sum(attempts) === 0 ? ', so none failed' : ''}.`
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
