import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  ListExecutionsCommand,
  ListMapRunsCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { isVerifying } from '../contract/payloads.ts';
import { forEachAtOnce } from './at-once.ts';
import { readNews } from './child-history.ts';
import type { Connection } from './connection.ts';
import { readPhase } from './phase.ts';
import {
  type CellProgress,
  cellEnded,
  cellStarted,
  goesOverCells,
  newCellProgress,
  observePaces,
  type RunProgress,
} from './progress.ts';
import type { Records } from './records.ts';

/** How many calls are open at once, of those that go to each child or cell. */
const AT_ONCE = 8;

interface Child {
  arn: string;
  running: boolean;
  startedAtMs: number;
  endedAtMs: number | null;
  /** Its cell, once its input has been read. */
  cell: CellProgress | null;
  lastEventId: number;
  lookedAtMs: number;
}

const childInputSchema = z.object({ uuid: z.string() });

/**
 * Finds out how the cells of a run stand, with no more calls a look than the connection allows.
 *
 * Which cell a child execution is for, only its input tells, and what it has done, only its history.
 */
export class Follower {
  readonly #connection: Pick<Connection, 'sfn' | 'callsPerLook'>;
  readonly #executionArn: string;
  readonly #records: Records;
  readonly #progress: RunProgress;
  readonly #now: () => number;
  readonly #children = new Map<string, Child>();
  readonly #cells = new Map<string, CellProgress>();
  #mapRunArn: string | null = null;

  constructor(options: {
    connection: Pick<Connection, 'sfn' | 'callsPerLook'>;
    executionArn: string;
    records: Records;
    progress: RunProgress;
    now: () => number;
  }) {
    this.#connection = options.connection;
    this.#executionArn = options.executionArn;
    this.#records = options.records;
    this.#progress = options.progress;
    this.#now = options.now;
  }

  /** Looks at what has changed, the cells that run first. What there is no call left for comes with the next look. */
  async look(): Promise<void> {
    const progress = this.#progress;
    if (!goesOverCells(progress)) return;
    if (isVerifying(progress.mode)) progress.phase = await readPhase(this.#connection.sfn, this.#executionArn);
    if (!(await this.#findCells()) || !(await this.#findChildren())) return;
    const children = [...this.#children.values()];
    const unknown = children.filter(({ cell }) => cell === null).sort((a, b) => Number(b.running) - Number(a.running));
    const most = this.#connection.callsPerLook;
    await forEachAtOnce(unknown.slice(0, most), AT_ONCE, (child) => this.#identify(child));

    const running = children
      .filter(({ cell, running }) => running && cell !== null)
      .sort((a, b) => a.lookedAtMs - b.lookedAtMs);
    await forEachAtOnce(running.slice(0, most), AT_ONCE, (child) => this.#readHistory(child));

    const ended = children.filter(({ running, cell }) => !running && cell !== null && cell.endedAtMs === null);
    await forEachAtOnce(ended.slice(0, most), AT_ONCE, (child) => this.#readRecord(child));
    observePaces(this.#progress, this.#now());
  }

  /** Finds out all that a run that was stopped has left: every record, and the last of the cells without one. */
  async lookAtTheEnd(): Promise<void> {
    if (!(await this.#findCells())) return;
    const open = this.#progress.cells.filter(({ record }) => record === null);
    await forEachAtOnce(open, AT_ONCE, async (cell) => {
      const record = await this.#records.cell(cell.uuid);
      if (record !== null) cellEnded(cell, record, this.#now());
    });
    if (!(await this.#findChildren())) return;
    const cut = [...this.#children.values()].filter(({ cell }) => cell === null || cell.record === null);
    await forEachAtOnce(cut, AT_ONCE, async (child) => {
      if (child.cell === null) await this.#identify(child);
      if (child.cell?.record === null) await this.#readHistory(child);
    });
  }

  async #findCells(): Promise<boolean> {
    if (this.#cells.size > 0) return true;
    for (const cell of ((await this.#records.cells()) ?? []).map(newCellProgress)) {
      this.#cells.set(cell.uuid, cell);
      this.#progress.cells.push(cell);
    }
    return this.#cells.size > 0;
  }

  async #findChildren(): Promise<boolean> {
    const { sfn } = this.#connection;
    if (this.#mapRunArn === null) {
      const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn: this.#executionArn }));
      this.#mapRunArn = mapRuns?.[0]?.mapRunArn ?? null;
    }
    if (this.#mapRunArn === null) return false;
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new ListExecutionsCommand({ mapRunArn: this.#mapRunArn, maxResults: 1_000, nextToken }),
      );
      for (const item of page.executions ?? []) this.#noteChild(item);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return true;
  }

  #noteChild({ executionArn: arn, status, startDate, stopDate }: ExecutionListItem): void {
    if (arn === undefined) return;
    const known = this.#children.get(arn);
    const child: Child = known ?? {
      arn,
      running: true,
      startedAtMs: startDate?.getTime() ?? this.#now(),
      endedAtMs: null,
      cell: null,
      lastEventId: 0,
      lookedAtMs: 0,
    };
    child.running = status === 'RUNNING';
    child.endedAtMs = stopDate?.getTime() ?? null;
    if (known === undefined) this.#children.set(arn, child);
  }

  async #identify(child: Child): Promise<void> {
    const { sfn } = this.#connection;
    const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn: child.arn }));
    const { uuid } = childInputSchema.parse(JSON.parse(input ?? 'null'));
    child.cell = this.#cells.get(uuid) ?? null;
    if (child.cell !== null) cellStarted(child.cell, child.startedAtMs);
  }

  async #readHistory(child: Child): Promise<void> {
    const { cell } = child;
    if (cell === null) return;
    child.lookedAtMs = this.#now();
    const news = await readNews(this.#connection.sfn, child.arn, child.lastEventId);
    child.lastEventId = news.lastEventId;
    if (news.opened !== null && cell.ranges === null) {
      cell.ranges = news.opened.ranges;
      cell.digests = news.opened.digests;
    }
    if (cell.ranges !== null) {
      for (const range of news.ranges) cell.ranges[range.index] = range;
      for (const digest of news.digests) cell.digests[digest.index] = digest;
    }
    if (news.compared !== null) cell.comparison = news.compared;
    if (news.trouble !== undefined) cell.trouble = news.trouble;
  }

  async #readRecord(child: Child): Promise<void> {
    if (child.cell === null) return;
    const record = await this.#records.cell(child.cell.uuid);
    cellEnded(child.cell, record, child.endedAtMs ?? this.#now());
  }
}
