import { describe, expect, it } from '@jest/globals';
import { madeChanges } from '../../cli/made-changes.ts';
import type { Records } from '../../cli/records.ts';
import type { Change } from '../../domain/change.ts';
import { changeNumber } from './harness.ts';

/** The records of a repair, by part and number. */
function recordsWith(files: { planned: Record<string, number[]>; made: Record<string, number[]> }): Records {
  const changesOf = (numbers: number[]) => numbers.map(changeNumber);
  const unused = () => Promise.reject(new Error('not asked for'));
  return {
    cells: unused,
    cell: unused,
    result: unused,
    changes: async (part, file) => {
      const numbers = files.planned[`${part}-${file}`];
      return numbers === undefined ? null : changesOf(numbers);
    },
    changed: async (part, turn) => {
      const numbers = files.made[`${part}-${turn}`];
      return numbers === undefined ? null : { made: changesOf(numbers), leftAlone: [changeNumber(99)] };
    },
  };
}

async function idsOf(changes: AsyncIterable<Change>): Promise<(number | undefined)[]> {
  const ids = [];
  for await (const { before } of changes) ids.push(before?.id);
  return ids;
}

const records = recordsWith({
  planned: { '0-1': [1, 2], '0-2': [], '0-3': [3, 99], '15-1': [4, 5] },
  made: { '0-1': [1, 2], '0-2': [3], '15-1': [4], '15-2': [5] },
});

describe('what a repair has changed', () => {
  it('is what its turns have made, where it ended well', async () => {
    expect(await idsOf(madeChanges(records, { endedWell: true }))).toEqual([1, 2, 3, 4, 5]);
  });

  it('may be all that it had planned, where it did not', async () => {
    expect(await idsOf(madeChanges(records, { endedWell: false }))).toEqual([1, 2, 3, 99, 4, 5]);
  });

  it('is nothing where it left nothing', async () => {
    expect(await idsOf(madeChanges(recordsWith({ planned: {}, made: {} }), { endedWell: false }))).toEqual([]);
  });
});
