import { turnMs } from '../contract/defaults.ts';
import type { ErrorName } from '../contract/errors.ts';
import { examineSuspectsSchema, type Settings } from '../contract/payloads.ts';
import { type ExaminedTurn, type Inquiry, resultKeys } from '../contract/results.ts';
import { type CellRow, readCells } from '../data-api/cells.ts';
import { timeText } from '../data-api/times.ts';
import { type Change, changeFor, countByClass, MOST_CHANGES_A_TURN } from '../domain/change.ts';
import { classes, classify, type Facts, isRepairable } from '../domain/classification.ts';
import { UUIDS_A_QUESTION } from '../domain/compare.ts';
import {
  addExamined,
  type Examined,
  type ExamineProgress,
  examine,
  joinSuspects,
  note,
  type Suspect,
} from '../domain/examine.ts';
import type { Fault } from '../domain/range.ts';
import { statesUsed, turnStates } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import type { VerifiedInstances } from '../domain/verification-stores.ts';
import { readAtOnce, readResult, writeResult } from './clients.ts';
import { apiDatabase, findDatabase } from './databases.ts';
import { faultFor, step } from './step.ts';
import { readSuspects } from './suspect-files.ts';
import { readUuidRulesOnce, verifiedInstances, verifiedMappings } from './verified-databases.ts';

/** How many of the planned changes the result shows. */
const CHANGES_SHOWN = 10;

/** Looks at the suspects of one part again and judges them, until it is done or this turn's time is used up. */
export const handler = step(
  examineSuspectsSchema,
  async ({ settings, progress }, { logger, deadline }): Promise<ExamineProgress> => {
    const { run } = settings;
    const endOfTurn = Date.now() + turnMs(progress.turns);
    const inquiry = (await readResult<Inquiry>(resultKeys.inquiry(run), deadline)) ?? NOTHING;
    const rules = await readUuidRulesOnce(deadline);
    const inquirer = await Inquirer.begin(settings, inquiry, deadline);
    const { part, slices } = progress;
    let { slice, next } = progress;
    let pages = 0;
    const isOver = () => Date.now() >= endOfTurn || inquirer.changes.length >= MOST_CHANGES_A_TURN;
    const goesOn = () => pages === 0 || !isOver();
    while (slice < slices && goesOn()) {
      const suspects = joinSuspects(await readSuspects(run, { part, slice, slices }, inquiry, deadline), rules);
      for (; next < suspects.length && goesOn(); pages += 1, next += UUIDS_A_QUESTION) {
        await inquirer.examine(suspects.slice(next, next + UUIDS_A_QUESTION));
      }
      if (next < suspects.length) break;
      slice += 1;
      next = 0;
    }
    const turns = progress.turns + 1;
    await writeResult(resultKeys.changes(run, part, turns), inquirer.changes, deadline);
    await writeResult(resultKeys.examined(run, part, turns), inquirer.turn(), deadline);
    const done = slice >= slices;
    logger.info('suspects examined', { part, slices, slice, next, turns, done });
    const usage = addUsage([progress.usage, statesUsed(turnStates({ done }))]);
    return { part, slices, slice, next, turns, done, usage };
  },
);

/**
 * What goes away by itself while the machine tries again: a paused database wakes within half a minute, and AWS answers
 * again that was asked for the databases of hundreds of cells at once.
 */
const passing: readonly string[] = [
  'DatabaseResuming',
  'DatabaseThrottled',
  'SecretUnavailable',
  'ServiceUnavailable',
] satisfies ErrorName[];

function isPassing(error: unknown): boolean {
  return error instanceof Error && passing.includes(error.name);
}

const NOTHING: Inquiry = { sources: [], cells: [], everyCellRead: false };

/** Asks the databases about suspects, and keeps what one turn finds out. */
class Inquirer {
  /** What would mend the verdicts of the classes that are to be repaired. */
  readonly changes: Change[] = [];
  readonly #settings: Settings;
  readonly #inquiry: Inquiry;
  readonly #cellRows: readonly CellRow[];
  readonly #rowOf: ReadonlyMap<string, CellRow>;
  readonly #uuidOf: ReadonlyMap<number, string>;
  readonly #stores = new Map<string, Pick<VerifiedInstances, 'find'>>();
  readonly #faults: Record<string, Fault> = {};
  readonly #byCell = new Map<string, Examined>();
  readonly #facts: Facts[] = [];
  readonly #deadline: AbortSignal;
  #notRepairable = 0;

  private constructor(settings: Settings, inquiry: Inquiry, cellRows: readonly CellRow[], deadline: AbortSignal) {
    this.#settings = settings;
    this.#inquiry = inquiry;
    this.#cellRows = cellRows;
    this.#rowOf = new Map(cellRows.map((row) => [row.uuid, row]));
    this.#uuidOf = new Map(cellRows.map(({ id, uuid }) => [id, uuid]));
    this.#deadline = deadline;
  }

  static async begin(settings: Settings, inquiry: Inquiry, deadline: AbortSignal): Promise<Inquirer> {
    const inquirer = new Inquirer(settings, inquiry, await readCells(apiDatabase(deadline)), deadline);
    await readAtOnce(inquiry.cells, (cell) => inquirer.#open(cell));
    return inquirer;
  }

  /** Whoever asks about one instance is told which cells do not answer; a verification cannot do without them. */
  get #explains(): boolean {
    return this.#settings.mode === 'explain';
  }

  /** Something is to be repaired that can be told only where every cell was read. */
  get #wantsEveryCell(): boolean {
    return this.#settings.classes.some((name) => classes[name].needsEveryCell);
  }

  async #open({ uuid, source }: Inquiry['cells'][number]): Promise<void> {
    const row = this.#rowOf.get(uuid);
    if (row === undefined) return;
    const store = await this.#orFault(uuid, async () =>
      verifiedInstances(row, source ?? (await findDatabase(row, this.#deadline)), this.#settings, this.#deadline),
    );
    if (store === undefined) return;
    const find = (uuids: readonly string[]) => this.#orFault(uuid, () => store.find(uuids));
    this.#stores.set(uuid, { find: async (uuids) => (await find(uuids)) ?? [] });
  }

  /** Whether nothing was left out, nor has failed since, nor has come since. */
  get #everyCellRead(): boolean {
    const isRead = ({ uuid }: CellRow) => this.#stores.has(uuid) && !(uuid in this.#faults);
    return this.#inquiry.everyCellRead && this.#cellRows.every(isRead);
  }

  async #orFault<Value>(cell: string, ask: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!this.#explains || isPassing(error)) throw error;
      this.#faults[cell] = faultFor(error);
      return undefined;
    }
  }

  async examine(suspects: readonly Suspect[]): Promise<void> {
    const rules = await readUuidRulesOnce(this.#deadline);
    const stores = {
      mappings: await verifiedMappings(this.#settings, this.#deadline),
      cells: this.#stores,
      cellUuid: (id: number) => this.#uuidOf.get(id) ?? `cell_mappings.id ${id}`,
    };
    const found = await examine(suspects, stores, { ...rules, everywhere: this.#explains });
    const at = timeText(apiDatabase(this.#deadline).address.dialect, new Date());
    const everyCellRead = this.#everyCellRead;
    for (const [index, observation] of found.entries()) {
      const known = { ...observation, everyCellRead };
      for (const verdict of classify(known)) {
        note(this.#byCell, suspects[index] as Suspect, verdict);
        if (verdict.class === 'undecided' && !everyCellRead && this.#wantsEveryCell) this.#notRepairable += 1;
        if (!isRepairable(verdict.class) || !this.#settings.classes.includes(verdict.class)) continue;
        const change = changeFor(known, verdict, (cell) => this.#idOf(cell), at);
        if (change === null) this.#notRepairable += 1;
        else this.changes.push(change);
      }
      if (this.#explains) this.#facts.push(known);
    }
  }

  /** `cell_mappings.id` of a cell that was read. */
  #idOf(uuid: string): number | undefined {
    return this.#stores.has(uuid) ? this.#rowOf.get(uuid)?.id : undefined;
  }

  turn(): ExaminedTurn {
    return {
      cells: Object.fromEntries([...this.#byCell].map(([cell, examined]) => [cell, addExamined([examined])])),
      planned: countByClass(this.changes),
      changes: this.changes.slice(0, CHANGES_SHOWN),
      notRepairable: this.#notRepairable,
      ...(this.#explains ? { facts: this.#facts, faults: this.#faults } : {}),
    };
  }
}
