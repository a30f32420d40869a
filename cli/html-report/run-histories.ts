import {
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListMapRunsCommand,
} from '@aws-sdk/client-sfn';
import { cellLabel } from '../../domain/cell.ts';
import { forEachAtOnce } from '../at-once.ts';
import type { Connection } from '../connection.ts';
import type { RetrySum, RunHistories } from './facts.ts';
import { type HistoryFacts, type Retry, readHistory } from './turns.ts';

/** A report may make as many calls as so many looks at a run: an account's quota refills in seconds. */
const LOOKS = 8;

/** How many histories are read at once. */
const AT_ONCE = 4;

/** The most that Step Functions answers. */
const EVENTS_A_CALL = 1_000;

/** Reads the histories of executions, with no more calls than it was allowed. */
class HistoryReader {
  readonly #connection: Pick<Connection, 'sfn'>;
  #callsLeft: number;
  /** The name of the first error that was met. */
  trouble: string | null = null;

  constructor(connection: Pick<Connection, 'sfn' | 'callsPerLook'>) {
    this.#connection = connection;
    this.#callsLeft = connection.callsPerLook * LOOKS;
  }

  /** Null where no call is left for all of it, or it could not be read. */
  async read(executionArn: string): Promise<HistoryFacts | null> {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      if (this.#callsLeft === 0) return null;
      this.#callsLeft -= 1;
      const page = await this.trying(() =>
        this.#connection.sfn.send(
          new GetExecutionHistoryCommand({
            executionArn,
            maxResults: EVENTS_A_CALL,
            includeExecutionData: true,
            nextToken,
          }),
        ),
      );
      if (page === null) return null;
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return readHistory(events);
  }

  /** A report is better without what cannot be read than not at all. */
  async trying<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await call();
    } catch (error) {
      this.trouble ??= error instanceof Error ? error.name : 'an error';
      return null;
    }
  }
}

/**
 * Reads the histories of a run and of its cells' child executions. Where there are more than may be read, those of the
 * cells that took longest are.
 */
export async function readHistories(
  connection: Pick<Connection, 'sfn' | 'callsPerLook'>,
  executionArn: string,
  cells: readonly { uuid: string; name: string | null }[],
): Promise<RunHistories & Pick<HistoryFacts, 'settings'>> {
  const reader = new HistoryReader(connection);
  const own = await reader.read(executionArn);
  const children = (await reader.trying(() => listChildren(connection, executionArn))) ?? [];
  const labels = new Map(cells.map((cell) => [cell.uuid, cellLabel(cell)]));
  const retries = new Map<string, RetrySum>();
  addRetries(retries, null, own?.retries ?? []);
  const turns = [...(own?.turns ?? [])];
  const tookMs = new Map<string, number>();
  let read = 0;
  const longestFirst = [...children].sort((a, b) => lengthOf(b) - lengthOf(a));
  await forEachAtOnce(longestFirst, AT_ONCE, async (child) => {
    const facts = await reader.read(child.executionArn ?? '');
    if (facts === null) return;
    read += 1;
    turns.push(...facts.turns);
    if (facts.cell === null) return;
    addRetries(retries, labels.get(facts.cell) ?? facts.cell, facts.retries);
    if (child.stopDate !== undefined) tookMs.set(facts.cell, lengthOf(child));
  });
  return {
    settings: own?.settings ?? null,
    cells: children.length,
    read,
    trouble: reader.trouble,
    turns,
    retries: [...retries.values()].sort((a, b) => b.times - a.times),
    tookMs,
  };
}

/** The histories of a run that Step Functions has forgotten, or whose execution cannot be asked. */
export const NO_HISTORIES: RunHistories = {
  cells: 0,
  read: 0,
  trouble: null,
  turns: [],
  retries: [],
  tookMs: new Map(),
};

async function listChildren({ sfn }: Pick<Connection, 'sfn'>, executionArn: string): Promise<ExecutionListItem[]> {
  const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns?.[0]?.mapRunArn;
  if (mapRunArn === undefined) return [];
  const children: ExecutionListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1_000, nextToken }));
    children.push(...(page.executions ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return children;
}

/** In milliseconds. One that still runs has been at it since it began. */
function lengthOf({ startDate, stopDate }: ExecutionListItem): number {
  return (stopDate?.getTime() ?? Date.now()) - (startDate?.getTime() ?? 0);
}

function addRetries(sums: Map<string, RetrySum>, cell: string | null, retries: readonly Retry[]): void {
  for (const { step, error, waitedMs } of retries) {
    const key = JSON.stringify([cell, step, error]);
    const sum = sums.get(key) ?? { cell, step, error, times: 0, waitedMs: 0 };
    sums.set(key, { ...sum, times: sum.times + 1, waitedMs: sum.waitedMs + waitedMs });
  }
}
