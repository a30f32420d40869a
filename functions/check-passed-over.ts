import { checkPassedOverSchema, type Opened, type Settings } from '../contract/payloads.ts';
import { resultKeys } from '../contract/results.ts';
import { tally } from '../domain/counts.ts';
import { addPassed, judgePassedOver, newPassedTurn, type PassedTurn } from '../domain/pass-over.ts';
import { addSums, doubtfulRanges, type RangeProgress, sumRanges, turnsOf } from '../domain/range.ts';
import { cellStates, statesUsed } from '../domain/transitions.ts';
import { addUsage } from '../domain/usage.ts';
import { step } from './step.ts';
import { readMappingBuckets, takeTurns } from './turn-files.ts';

/** Holds what was passed over against the mappings, settles what agrees, and sends the rest through once more. */
export const handler = step(
  checkPassedOverSchema,
  async ({ settings, opened, ranges }, { logger, deadline }): Promise<Pick<Opened, Kept>> => {
    const { cell, settled, usage } = opened;
    const progress = ranges.map((range) => range.progress);
    const sum = addSums([settled.sum, sumRanges(progress)]);
    const turns = [...settled.turns, ...turnsOf(progress)];
    const checked = { ...cell, passedOver: false };
    const left = { cell: checked, settled: { sum, turns, noProject: 0 }, ranges: [] as RangeProgress[] };
    const used = addUsage([usage, statesUsed(cellStates.checked)]);
    const error = ranges.find((range) => range.error !== undefined)?.error;
    if (error !== undefined) return { ...left, settled: { ...left.settled, error }, usage: used };

    const mappings = await readMappingBuckets(settings, cell.id, deadline);
    const passed = judgePassedOver(await readPassed(settings, cell.uuid, progress, deadline), mappings);
    tally(sum.counts, 'alreadyMapped', passed.alreadyMapped);
    tally(sum.counts, 'hidden', passed.hidden);
    tally(sum.counts, 'placeholder', passed.placeholders);
    const { doubtful, noProject } = passed;
    const isSettled = doubtful?.length === 0 && noProject === 0;
    logger.info('passed over', {
      cell: cell.uuid,
      alreadyMapped: passed.alreadyMapped,
      doubtful: doubtful === null ? 'all' : doubtful.length,
    });
    return {
      ...left,
      settled: { ...left.settled, noProject },
      cell: { ...checked, doubtful },
      ranges: isSettled ? [] : doubtfulRanges(progress, settings.pageSize),
      usage: used,
    };
  },
);

/** What the child's state keeps of an opened cell. */
type Kept = 'cell' | 'settled' | 'ranges' | 'usage';

/** What the turns over all ranges left, added up: of those that passed over, and of those that went through. */
async function readPassed(
  { run }: Settings,
  uuid: string,
  ranges: readonly RangeProgress[],
  deadline: AbortSignal,
): Promise<PassedTurn[]> {
  const over = newPassedTurn(true);
  const through = newPassedTurn(false);
  const keyOf = (index: number, turn: number) => resultKeys.passedTurn(run, uuid, index, turn);
  await takeTurns<PassedTurn>(ranges, keyOf, deadline, (turn) => addPassed(turn.passedOver ? over : through, turn));
  return [over, through];
}
