import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type ClassName,
  classes,
  classify,
  classNames,
  type Facts,
  isRepairable,
  NOVA_MARKER,
  repairableClasses,
  type Verdict,
} from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { anyFacts } from './any-facts.ts';
import { found, mapping } from './verified-stores.ts';

const uuid = mapping(7).instanceUuid;

/** An instance that is in cell1 and mapped to it, every cell read, but for the given parts. */
function facts(parts: Partial<Facts> = {}): Facts {
  const given = { mapping: mapping(7), ...parts };
  const mappedTo = given.mapping?.cellId ? `cell${given.mapping.cellId}` : null;
  return { uuid, mappedTo, buildRequest: false, instances: [found()], everyCellRead: true, ...given };
}

const nowhere = { instances: [] };
const unmapped = { mapping: null };
const toNoCell = { mapping: mapping(7, { cellId: null }) };
const toCell2 = { mapping: mapping(7, { cellId: 2 }) };
const building = { buildRequest: true };
const inCell1: Pick<Verdict, 'of' | 'cell'> = { of: 'instance', cell: 'cell1' };
const alone: Pick<Verdict, 'of' | 'cell'> = { of: 'mapping', cell: 'cell1' };

interface Example {
  is: string;
  given: Partial<Facts>;
  verdicts: Verdict[];
}

const examples: Example[] = [
  { is: 'mapped to its cell', given: {}, verdicts: [{ class: 'correct', ...inCell1 }] },
  { is: 'without a mapping', given: unmapped, verdicts: [{ class: 'unmapped', ...inCell1 }] },
  {
    is: 'without a mapping although a build request is left',
    given: { ...unmapped, ...building },
    verdicts: [{ class: 'unmapped', ...inCell1 }],
  },
  {
    is: 'not yet mapped to a cell',
    given: { ...toNoCell, ...building },
    verdicts: [{ class: 'inFlight', ...inCell1 }],
  },
  {
    is: 'mapped to no cell, and not being built',
    given: toNoCell,
    verdicts: [{ class: 'noCell', ...inCell1 }],
  },
  {
    is: 'mapped to a cell that does not have it',
    given: toCell2,
    verdicts: [{ class: 'otherCell', ...inCell1, mappedTo: 'cell2', hiddenThere: false }],
  },
  {
    is: 'mapped to a cell that has it hidden',
    given: { ...toCell2, instances: [found(), found({ cell: 'cell2', hidden: true })] },
    verdicts: [{ class: 'otherCell', ...inCell1, mappedTo: 'cell2', hiddenThere: true }],
  },
  {
    is: 'visible in two cells',
    given: { instances: [found(), found({ cell: 'cell2' })] },
    verdicts: [
      { class: 'inTwoCells', ...inCell1 },
      { class: 'inTwoCells', of: 'instance', cell: 'cell2' },
    ],
  },
  {
    is: 'visible in two cells, of which one row has no project',
    given: { instances: [found(), found({ cell: 'cell2', projectId: null })] },
    verdicts: [
      { class: 'inTwoCells', ...inCell1 },
      { class: 'setAside', of: 'instance', cell: 'cell2' },
    ],
  },
  {
    is: 'hidden in a second cell, as after a cross-cell resize',
    given: { instances: [found(), found({ cell: 'cell2', hidden: true })] },
    verdicts: [{ class: 'correct', ...inCell1 }],
  },
  {
    is: 'mapped under another project',
    given: { mapping: mapping(7, { projectId: 'P1' }) },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['project'] }],
  },
  {
    is: 'mapped without its user',
    given: { mapping: mapping(7, { userId: null }) },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['user'] }],
  },
  {
    is: 'mapped with an empty user where its row has none',
    given: { mapping: mapping(7, { userId: '' }), instances: [found({ userId: null })] },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['user'] }],
  },
  {
    is: 'without a user, as in its row',
    given: { mapping: mapping(7, { userId: null }), instances: [found({ userId: null })] },
    verdicts: [{ class: 'correct', ...inCell1 }],
  },
  {
    is: 'deleted and counted as live',
    given: { instances: [found({ gone: true })] },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['queuedForDelete'] }],
  },
  {
    is: 'live and counted as deleted',
    given: { mapping: mapping(7, { queuedForDelete: true }) },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['queuedForDelete'] }],
  },
  {
    is: 'mapped with a queued_for_delete of NULL',
    given: { mapping: mapping(7, { queuedForDelete: null }) },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['queuedForDelete'] }],
  },
  ...[false, true].map((queuedForDelete) => ({
    is: `being deleted, with a queued_for_delete of ${queuedForDelete}`,
    given: { mapping: mapping(7, { queuedForDelete }), instances: [found({ deleting: true })] },
    verdicts: [{ class: 'correct' as const, ...inCell1 }],
  })),
  {
    is: 'being deleted, with a queued_for_delete of NULL',
    given: { mapping: mapping(7, { queuedForDelete: null }), instances: [found({ deleting: true })] },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['queuedForDelete'] }],
  },
  {
    is: 'deleted already, whatever task is left in its row',
    given: { instances: [found({ deleting: true, gone: true })] },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['queuedForDelete'] }],
  },
  {
    is: 'wrong in every detail',
    given: { mapping: mapping(7, { projectId: 'p2', userId: 'u2', queuedForDelete: true }) },
    verdicts: [{ class: 'wrongDetails', ...inCell1, wrong: ['project', 'user', 'queuedForDelete'] }],
  },
  {
    is: 'in its cell without a project, whatever its mapping says',
    given: { instances: [found({ projectId: null })], ...toNoCell },
    verdicts: [{ class: 'setAside', ...inCell1 }],
  },
  {
    is: 'in no cell, but mapped to one',
    given: nowhere,
    verdicts: [{ class: 'orphan', ...alone }],
  },
  {
    is: 'in no cell and mapped to none',
    given: { ...nowhere, ...toNoCell },
    verdicts: [{ class: 'orphan', of: 'mapping', cell: null }],
  },
  {
    is: 'in no cell yet, but being built',
    given: { ...nowhere, ...toNoCell, ...building },
    verdicts: [{ class: 'inFlight', of: 'mapping', cell: null }],
  },
  {
    is: 'in no cell, mapped to one while it is being built',
    given: { ...nowhere, ...building },
    verdicts: [{ class: 'inFlight', ...alone }],
  },
  { is: 'hidden in the cell that it is mapped to', given: { instances: [found({ hidden: true })] }, verdicts: [] },
  {
    is: 'hidden in another cell only: it counts as existing',
    given: { instances: [found({ cell: 'cell2', hidden: true })] },
    verdicts: [{ class: 'undecided', ...alone }],
  },
  {
    is: 'hidden in a cell, and mapped to none',
    given: { ...toNoCell, instances: [found({ hidden: true })] },
    verdicts: [{ class: 'undecided', of: 'mapping', cell: null }],
  },
  { is: 'hidden and not mapped', given: { ...unmapped, instances: [found({ hidden: true })] }, verdicts: [] },
  { is: 'nowhere', given: { ...unmapped, ...nowhere }, verdicts: [] },
  {
    is: 'the all-zero uuid, mapped',
    given: { uuid: PLACEHOLDER_UUID },
    verdicts: [{ class: 'placeholder', ...alone }],
  },
  { is: 'the all-zero uuid, in a cell only', given: { uuid: PLACEHOLDER_UUID, ...unmapped }, verdicts: [] },
  {
    is: 'a marker of nova-manage',
    given: { ...nowhere, mapping: mapping(7, { cellId: null, projectId: NOVA_MARKER }) },
    verdicts: [{ class: 'placeholder', of: 'mapping', cell: null }],
  },
];

describe('classify', () => {
  it.each(examples)('an instance that is $is', ({ given, verdicts }) => {
    expect(classify(facts(given))).toEqual(verdicts);
  });

  it('has an example of every class', () => {
    const shown = new Set(examples.flatMap(({ verdicts }) => verdicts.map((verdict) => verdict.class)));
    expect([...shown].sort()).toEqual([...classNames].sort());
  });

  it.each(
    examples.map((example) => ({
      ...example,
      undecided: example.verdicts.filter((verdict) => classes[verdict.class].needsEveryCell).length,
    })),
  )('where not every cell was read: an instance that is $is', ({ given, verdicts }) => {
    expect(classify(facts({ ...given, everyCellRead: false }))).toEqual(
      verdicts.map((verdict) =>
        classes[verdict.class].needsEveryCell ? { class: 'undecided', of: verdict.of, cell: verdict.cell } : verdict,
      ),
    );
  });

  it('gives each visible instance one verdict, and a mapping one only where its instance is visible nowhere', () => {
    fc.assert(
      fc.property(anyFacts(), (given) => {
        const verdicts = classify(given);
        const visible = given.instances.filter(({ hidden }) => !hidden);
        if (verdicts.some(({ of }) => of === 'mapping')) {
          expect(verdicts).toHaveLength(1);
          expect(verdicts[0]?.cell).toBe(given.mappedTo);
        } else if (verdicts.length > 0) {
          expect(verdicts.map(({ cell }) => cell)).toEqual(visible.map(({ cell }) => cell));
        }
        if (verdicts[0]?.class !== 'placeholder' && given.uuid !== PLACEHOLDER_UUID && visible.length > 0) {
          expect(verdicts.every(({ of }) => of === 'instance')).toBe(true);
        }
      }),
    );
  });

  it('says where a mapping points only with otherCell, and what is wrong only with wrongDetails', () => {
    fc.assert(
      fc.property(anyFacts(), (given) => {
        for (const verdict of classify(given)) {
          expect('mappedTo' in verdict && 'hiddenThere' in verdict).toBe(verdict.class === 'otherCell');
          expect('wrong' in verdict).toBe(verdict.class === 'wrongDetails');
        }
      }),
    );
  });
});

describe('the classes', () => {
  it('that may be repaired are those that the command knows', () => {
    expect(classNames.filter(isRepairable).sort()).toEqual([...repairableClasses].sort());
  });

  it('that need every cell are those that the cells may hold against one another', () => {
    const needing: ClassName[] = ['inTwoCells', 'otherCell', 'noCell', 'orphan'];
    expect(classNames.filter((name) => classes[name].needsEveryCell).sort()).toEqual(needing.sort());
  });

  it('that a cloud may have are the right, the unfinished and the empty', () => {
    expect(classNames.filter((name) => classes[name].allowed)).toEqual(['placeholder', 'inFlight', 'correct']);
  });

  it('each have a sentence that says what they mean', () => {
    for (const name of classNames) expect(classes[name].meaning).toMatch(/^.{20,120}\.$/);
  });
});
