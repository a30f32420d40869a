import { checkPassedOverSchema, type Opened, type Settings } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { tally } from '../domain/counts.ts';
import { addPassed, judgePassedOver, newPassedTurn, type PassedTurn } from '../domain/pass-over.ts';
import { addSums, doubtfulRanges, type RangeProgress, sumRanges, turnsOf } from '../domain/range.ts';
import { cellStates, statesUsed } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { readAtOnce, readResult } from './clients.ts';
import { step } from './step.ts';
import { readMappingBuckets } from './turn-files.ts';

/** Holds what was passed over against the mappings, settles what agrees, and sends the rest through once more. */
export const handler = step(
  checkPassedOverSchema,
  async ({ settings, opened, ranges }, { logger, deadline }): Promise<Pick<Opened, Kept>> => {
    const { cell, settled, usage } = opened;
    const progress = ranges.map((range) => range.progress);
    const sum = addSums([settled.sum, sumRanges(progress)]);
    const turns = [...settled.turns, ...turnsOf(progress)];
    const left = { cell, settled: { sum, turns }, passedOver: false, ranges: [] as RangeProgress[] };
    const used = addUsage([usage, statesUsed(cellStates.checked)]);
    const error = ranges.find((range) => range.error !== undefined)?.error;
    if (error !== undefined) return { ...left, settled: { sum, turns, error }, usage: used };

    const mappings = await readMappingBuckets(settings.run, cell.id, deadline);
    const passed = judgePassedOver(await readPassed(settings, cell.uuid, progress, deadline), mappings);
    tally(sum.counts, 'alreadyMapped', passed.alreadyMapped);
    tally(sum.counts, 'hidden', passed.hidden);
    tally(sum.counts, 'placeholder', passed.placeholders);
    const { doubtful, noProject } = passed;
    const isSettled = doubtful?.length === 0 && noProject === 0;
    logger.info('passed over', {
      run: settings.run,
      cell: cell.uuid,
      alreadyMapped: passed.alreadyMapped,
      doubtful: doubtful === null ? 'all' : doubtful.length,
    });
    return {
      ...left,
      cell: { ...cell, doubtful },
      ranges: isSettled ? [] : doubtfulRanges(progress, settings.pageSize),
      usage: used,
    };
  },
);

/** What the child's state keeps of an opened cell. */
type Kept = 'cell' | 'settled' | 'passedOver' | 'ranges' | 'usage';

/** How many turns' digests are held at once: each has up to thousands of buckets. */
const TURNS_AT_ONCE = 16;

/** What the turns over all ranges left, added up: of those that passed over, and of those that went through. */
async function readPassed(
  { run }: Settings,
  uuid: string,
  ranges: readonly RangeProgress[],
  deadline: AbortSignal,
): Promise<PassedTurn[]> {
  const over = newPassedTurn(true);
  const through = newPassedTurn(false);
  const keys = ranges.flatMap(({ index, turns }) =>
    Array.from({ length: turns }, (_, turn) => resultKeys.passedTurn(run, uuid, index, turn + 1)),
  );
  for (let begin = 0; begin < keys.length; begin += TURNS_AT_ONCE) {
    const some = keys.slice(begin, begin + TURNS_AT_ONCE);
    for (const turn of await readAtOnce(some, (key) => readResult<PassedTurn>(key, deadline))) {
      if (turn === undefined) throw new Error('A turn over a range left no digest.');
      addPassed(turn.passedOver ? over : through, turn);
    }
  }
  return [over, through];
}
