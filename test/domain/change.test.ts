import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addChanges, type Change, type ChangeProgress, changeFor, countChanges, undoOf } from '../../domain/change.ts';
import { classify, type Facts, isRepairable, repairableClasses, type Verdict } from '../../domain/classification.ts';
import { anyFacts } from './any-facts.ts';
import { found, mapping } from './verified-stores.ts';

const AT = '2026-03-03 03:03:03';

/** Cells 1 to 3 were read. */
const target = (cell: string) => ({ cell1: 1, cell2: 2, cell3: 3 })[cell];

/** The changes that would mend all that is wrong. */
function changesFor(facts: Facts, targetOf: typeof target = target): { verdict: Verdict; change: Change | null }[] {
  return classify(facts).map((verdict) => ({ verdict, change: changeFor(facts, verdict, targetOf, AT) }));
}

/** What would be found out after a change. */
function after(facts: Facts, { after: row }: Change): Facts {
  return { ...facts, mapping: row, mappedTo: row?.cellId ? `cell${row.cellId}` : null };
}

function mendOne(parts: Partial<Facts>): Change | null {
  const row = parts.mapping === undefined ? mapping(7) : parts.mapping;
  const mappedTo = row?.cellId ? `cell${row.cellId}` : null;
  const facts = { uuid: mapping(7).instanceUuid, mapping: row, mappedTo, buildRequest: false, instances: [found()] };
  const [only] = changesFor({ ...facts, everyCellRead: true, ...parts });
  return only?.change ?? null;
}

describe('changeFor', () => {
  it('points a mapping to the cell that has the instance, with its details, and marks when', () => {
    const before = mapping(7, { cellId: 2, projectId: 'p2', userId: null, queuedForDelete: true });
    expect(mendOne({ mapping: before })).toEqual({
      class: 'otherCell',
      before,
      after: { ...mapping(7), updatedAt: AT },
    });
  });

  it('gives a mapping without a cell the one that has the instance', () => {
    const before = mapping(7, { cellId: null });
    expect(mendOne({ mapping: before })).toMatchObject({ class: 'noCell', after: { cellId: 1, updatedAt: AT } });
  });

  it.each([
    { gone: true, deleting: false, was: false, is: true },
    { gone: false, deleting: false, was: null, is: false },
    { gone: true, deleting: true, was: false, is: true },
    { gone: false, deleting: true, was: null, is: true },
  ])('sets queued_for_delete to $is where it was $was (gone: $gone, deleting: $deleting)', (example) => {
    const { gone, deleting, was, is } = example;
    const change = mendOne({ mapping: mapping(7, { queuedForDelete: was }), instances: [found({ gone, deleting })] });
    expect(change).toMatchObject({ class: 'wrongDetails', after: { queuedForDelete: is } });
  });

  it.each([false, true])('keeps the %s that Nova wrote while it is deleting the instance', (queuedForDelete) => {
    const before = mapping(7, { queuedForDelete, userId: 'u2' });
    const change = mendOne({ mapping: before, instances: [found({ deleting: true })] });
    expect(change?.after).toEqual({ ...before, userId: 'u1', updatedAt: AT });
  });

  it('removes an orphan and a placeholder', () => {
    expect(mendOne({ instances: [] })).toEqual({ class: 'orphan', before: mapping(7), after: null });
    const marker = mapping(7, { projectId: 'INSTANCE_MIGRATION_MARKER', cellId: null });
    expect(mendOne({ mapping: marker, instances: [] })).toEqual({ class: 'placeholder', before: marker, after: null });
  });

  it('has nothing for what only a person or `map` can mend', () => {
    expect(mendOne({ mapping: null })).toBeNull();
    expect(mendOne({ instances: [found(), found({ cell: 'cell2' })] })).toBeNull();
    expect(mendOne({ instances: [found({ projectId: null })] })).toBeNull();
    expect(mendOne({ instances: [found({ cell: 'cell2', hidden: true })] })).toBeNull();
  });

  it('changes nothing while a build request exists', () => {
    fc.assert(
      fc.property(anyFacts(), (facts) => {
        for (const { change } of changesFor({ ...facts, buildRequest: true })) expect(change).toBeNull();
      }),
    );
  });

  it('never changes a mapping to a cell that was not read, nor points one to such a cell', () => {
    fc.assert(
      fc.property(anyFacts(), fc.subarray(['cell1', 'cell2', 'cell3']), (facts, read) => {
        const targetOf = (cell: string) => (read.includes(cell) ? target(cell) : undefined);
        for (const { change } of changesFor(facts, targetOf)) {
          if (change === null) continue;
          if (facts.mappedTo !== null) expect(read).toContain(facts.mappedTo);
          if (change.after !== null) expect(read).toContain(`cell${change.after.cellId}`);
        }
      }),
    );
  });

  it('changes only what is of a class that may be repaired, under the name of that class', () => {
    fc.assert(
      fc.property(anyFacts(), (facts) => {
        for (const { verdict, change } of changesFor(facts)) {
          if (change === null) continue;
          expect(isRepairable(verdict.class)).toBe(true);
          expect(change.class).toBe(verdict.class);
        }
      }),
    );
  });

  it('leaves nothing to mend, and the row itself the same row', () => {
    let mended = 0;
    fc.assert(
      fc.property(anyFacts(), (facts) => {
        for (const { change } of changesFor(facts)) {
          if (change === null) continue;
          mended += 1;
          expect(change.before).toBe(facts.mapping);
          const left = classify(after(facts, change));
          if (change.after === null) {
            expect(left.filter(({ of }) => of === 'mapping')).toEqual([]);
            continue;
          }
          expect(left.map((verdict) => verdict.class)).toEqual(['correct']);
          const { id, instanceUuid, createdAt } = change.after;
          expect({ id, instanceUuid, createdAt }).toEqual({
            id: change.before?.id,
            instanceUuid: change.before?.instanceUuid,
            createdAt: change.before?.createdAt,
          });
          expect(change.after.updatedAt).toBe(AT);
        }
      }),
    );
    expect(mended).toBeGreaterThan(0);
  });
});

describe('undoOf', () => {
  it('asks for the row as the change left it, and puts it back as it was', () => {
    const change: Change = { class: 'noCell', before: mapping(7, { cellId: null }), after: mapping(7) };
    expect(undoOf(change)).toEqual({ class: 'noCell', before: mapping(7), after: mapping(7, { cellId: null }) });
    const removal: Change = { class: 'orphan', before: mapping(7), after: null };
    expect(undoOf(removal)).toEqual({ class: 'orphan', before: null, after: mapping(7) });
  });

  it('undone is the change again', () => {
    fc.assert(
      fc.property(anyFacts(), (facts) => {
        for (const { change } of changesFor(facts)) if (change !== null) expect(undoOf(undoOf(change))).toEqual(change);
      }),
    );
  });
});

describe('countChanges', () => {
  const changes = Array.from(
    { length: 30 },
    (_, index): Change => ({
      class: repairableClasses[index % 2] ?? 'noCell',
      before: index % 3 === 0 ? null : mapping(index),
      after: index % 3 === 0 ? mapping(index) : null,
    }),
  );
  const nothing: Pick<ChangeProgress, 'made' | 'leftAlone'> = { made: {}, leftAlone: { number: 0, samples: [] } };

  it('counts what was made by class, and names some of what was left alone', () => {
    const made = changes.slice(0, 3);
    const counted = countChanges(nothing, changes, made);
    expect(counted.made).toEqual({ noCell: 2, wrongDetails: 1 });
    expect(counted.leftAlone.number).toBe(27);
    expect(counted.leftAlone.samples).toEqual(
      Array.from({ length: 20 }, (_, index) => mapping(index + 3).instanceUuid),
    );
  });

  it('adds to what was counted before, and changes nothing of it', () => {
    const before = countChanges(nothing, changes.slice(0, 2), changes.slice(0, 1));
    const frozen = structuredClone(before);
    const counted = countChanges(before, changes.slice(2, 4), changes.slice(2, 3));
    expect(counted).toMatchObject({ made: { noCell: 2 }, leftAlone: { number: 2 } });
    expect(before).toEqual(frozen);
  });

  it('gives the same sum for parts as for all at once', () => {
    fc.assert(
      fc.property(fc.subarray(changes), fc.nat(30), (made, cut) => {
        const parts = [changes.slice(0, cut), changes.slice(cut)].map((tried) =>
          countChanges(
            nothing,
            tried,
            made.filter((change) => tried.includes(change)),
          ),
        );
        expect(addChanges(parts)).toEqual(countChanges(nothing, changes, made));
      }),
    );
  });

  it('of no parts is nothing', () => {
    expect(addChanges([])).toEqual(nothing);
  });
});
