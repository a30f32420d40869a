import { describe, expect, it } from '@jest/globals';
import { figure, percent, table, withSpread } from '../../bench/report/format.ts';
import { benchmarksPage } from '../../bench/report/page.ts';
import type {
  Counters,
  GrowthResult,
  Latencies,
  LiveResult,
  PartFacts,
  Sample,
  ScaleResult,
  SpeedResult,
} from '../../bench/results.ts';

const facts = (name: 'MariaDB' | 'MySQL' | 'PostgreSQL'): PartFacts => ({
  date: '2026-01-02T03:04:05.678Z',
  computer: { cores: 2, cpu: 'A CPU', memoryGib: 24, system: 'Linux 6', node: 'v24.1.0' },
  writers: 2,
  server: {
    name,
    version: '10.11.1',
    settings: { innodb_buffer_pool_size: String(2 ** 30), log_bin: 'OFF' },
    tablesMib: 1234,
  },
});

const counted = (parts: Partial<Counters> = {}): Counters => ({
  statements: 100,
  bytesReceived: 20_000,
  bytesSent: 40_000,
  rowsRead: 60_000,
  rowsInserted: 20_000,
  insertStatements: 10,
  ...parts,
});

const sample = (seconds: number, mapped: number, counters = counted()): Sample => ({
  milliseconds: seconds * 1000,
  mapped,
  counters,
});

const usage = {
  transitions: 30,
  lambdaRequests: 12,
  lambdaGbSeconds: 1.5,
  dataApiRequests: 20,
  dataApiUnits: 90,
  estimatedDollars: 0.0012,
};

const machine = { parentEvents: 26, childEvents: 36, usage };

const speed = (nova: string | null, instances: number, seconds: number[]): SpeedResult => ({
  kind: 'speed',
  ...facts('MariaDB'),
  instances,
  nova,
  rounds: seconds.map((second, index) => ({
    startUpMs: 1000 + index,
    peaks: { MapRange: 120 + index, OpenCell: 99 },
    rows: {
      ...(nova === null ? {} : { 'nova first': sample(100, instances), 'nova second': sample(60, 0) }),
      floor: sample(1, instances),
      'first, cold': { ...sample(second + 1, instances), machine },
      first: { ...sample(second, instances), machine },
      'second, cold': { ...sample(0.5, 0, counted({ rowsInserted: 0, insertStatements: 0 })), machine },
      second: { ...sample(0.2, 0, counted({ rowsInserted: 0, insertStatements: 0 })), machine },
    },
  })),
});

describe('the page of benchmarks', () => {
  const page = benchmarksPage({
    'mariadb-20000': speed('26.2.2', 20_000, [1.5, 1.25, 4]),
    'mariadb-500000': speed(null, 500_000, [10]),
  });
  const [small = '', large = ''] = page.split(/^## /m).slice(1);
  const row = (section: string, label: string) =>
    section
      .split('\n')
      .filter((line) => line.startsWith(`| ${label} |`))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(2, -1),
      );

  it('says which computer, server and settings it is about', () => {
    expect(small).toContain(
      '2026-01-02, 2 × A CPU, 24 GiB, Linux 6, Node 24.1.0, MariaDB 10.11.1: `innodb_buffer_pool_size` 1,024 MiB, `log_bin` OFF. The tables, all mapped, take 1,234 MiB. cellmap worked with 2 writers, its default then.',
    );
  });

  it('gives medians with their spread, and ratios to nova-manage and to the floor of the same run', () => {
    const [times, server, aws] = row(small, 'cellmap, functions warm');
    expect(times).toEqual(['1.50 (1.25–4)', '13,333', '66.7', '67 %']);
    expect(server).toEqual(['0.0050', '1', '2', '3', '20,000', '10']);
    expect(aws).toEqual(['26', '36', '30', '1.50', '20', '90', '0.0012']);
  });

  it('compares a second run with the second run of nova-manage', () => {
    expect(row(small, '… a second time, warm').at(0)?.at(2)).toBe('300');
    expect(row(small, '… a second time, its functions cold').at(0)?.at(2)).toBe('120');
  });

  it('says that a second run wrote nothing only where the counters say so', () => {
    expect(small).toContain(
      "took 13 % of the first run's time, both warm; with functions that had to be started, 20 %. In all 6 second runs it wrote no row, tried no INSERT, so none failed.",
    );
    const wrong = speed('26.2.2', 20_000, [1]);
    const second = wrong.rounds[0]?.rows.second;
    if (second !== undefined) second.counters = counted({ rowsInserted: 3, insertStatements: 2 });
    expect(benchmarksPage({ 'mariadb-20000': wrong })).toContain('it wrote 3 rows, tried 2 INSERT.');
  });

  it('marks what it extrapolates', () => {
    expect(large).toContain('*Extrapolated, not measured:*');
    expect(large).toContain('it would take 41.7 minutes, and more than that');
    expect(small).not.toContain('Extrapolated');
  });

  it('names the most that each function took', () => {
    expect(small).toContain('Peak memory of a function: MapRange 122 MiB, OpenCell 99 MiB.');
  });

  it('has no section of what was not measured', () => {
    expect(page).not.toMatch(/Growth|live Nova|cells with/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('sets growth beside the first size', () => {
    const first = { floorMs: 8000, firstMs: 10_000, childEvents: 60 };
    const growth: GrowthResult = {
      kind: 'growth',
      ...facts('MySQL'),
      sizes: [
        { instances: 500_000, bufferPoolMib: 1024, redoLogMib: 1638, tablesMib: 500, rounds: [first, first] },
        {
          instances: 5_000_000,
          bufferPoolMib: 10_240,
          redoLogMib: 16_380,
          tablesMib: 5000,
          rounds: [{ floorMs: 76_000, firstMs: 100_000, childEvents: 90 }],
        },
      ],
    };
    const text = benchmarksPage({ 'growth-mysql': growth });
    expect(text).toContain(
      '| 500,000 | 500 MiB | 1,024 MiB | 1,638 MiB | 8 (8–8) | – | 10 (10–10) | – | 80 % | – | 60 |',
    );
    expect(text).toContain(
      '| 5,000,000 | 5,000 MiB | 10,240 MiB | 16,380 MiB | 76 | × 9.50 | 100 | × 10 | 76 % | 0.95 | 90 |',
    );
    expect(text).toContain('in parentheses; with 5,000,000 instances of 1;');
    expect(text).toContain('The floor is one statement.');
    const inPortions = benchmarksPage({ 'growth-mysql': { ...growth, floorRows: 500_000 } });
    expect(inPortions).toContain('The floor is a statement for each 500,000 rows, one after the other');
  });

  it('gives the longest histories of many cells', () => {
    const scale: ScaleResult = {
      kind: 'scale',
      ...facts('MariaDB'),
      sizes: [600, 300, 100],
      floorMs: 500,
      startUpMs: 900,
      rounds: [
        {
          milliseconds: 1000,
          mapped: 1000,
          parentEvents: 26,
          childEvents: [31, 80, 31],
          peaks: { MapRange: 130 },
          usage,
        },
      ],
    };
    const text = benchmarksPage({ scale });
    expect(text).toContain('## 3 cells with 1,000 instances');
    expect(text).toContain('| the longest history of a child | 80 |');
    expect(text).toContain('| of the floor | 50 % |');
  });

  it('says what a mapping adds to the latency of others', () => {
    const latencies = (p99: number): Latencies => ({ number: 400, failed: 0, p50: 2, p99, max: 2 * p99 });
    const live: LiveResult = {
      kind: 'live',
      ...facts('PostgreSQL'),
      instances: 500_000,
      perSecond: 50,
      rounds: [10, 12, 90].map((p99) => ({
        alone: { inserts: latencies(5), updates: latencies(4) },
        beside: { inserts: latencies(p99), updates: latencies(6) },
        mapMs: 8000,
      })),
    };
    const text = benchmarksPage({ 'live-postgresql': live });
    expect(text).toContain('| inserts, beside the mapping | 1,200 | 0 | 2 (2–2) | 12 (10–90) | 24 (20–180) |');
    expect(text).toContain("adds 7 ms to the inserts' 99th percentile");
  });
});

describe('figures', () => {
  it('have as many digits as it takes', () => {
    expect([1234.5, 12.34, 1.234, 0.1234, 0.00123, 36, 0].map(figure)).toEqual([
      '1,235',
      '12.3',
      '1.23',
      '0.12',
      '0.0012',
      '36',
      '0',
    ]);
    expect(figure(Number.NaN)).toBe('–');
    expect(withSpread([])).toBe('–');
    expect([percent(0.934), percent(0.0423), percent(Number.NaN)]).toEqual(['93 %', '4.2 %', '–']);
  });

  it('stand on the right of a table', () => {
    expect(table(['', 'n'], [['a', '1']])).toBe('|  | n |\n|---|---:|\n| a | 1 |');
  });
});
