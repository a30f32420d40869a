import { cellLabel } from '../../domain/cell.ts';
import { type ClassName, classes, classNames } from '../../domain/classification.ts';
import type { ClassCounts } from '../../domain/examine.ts';
import { type CellVerification, type VerifyResult, verificationStatus } from '../../domain/verification-result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { detailNames, nextCommand, type Placed, samplesOf } from '../report/class-samples.ts';
import { meaningAfter } from '../report/meanings.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import { done } from '../report/verify-report.ts';
import type { Part } from './bars.ts';
import { type CellRow, cellsTable } from './cells-table.ts';
import { type Column, empty, examples, section } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions, runFailure } from './failed-cells.ts';
import { type Html, html } from './html.ts';
import { failedFigure } from './mapping-cells.ts';
import { quotaSection } from './quota-section.ts';
import type { Action, Figure, View } from './view.ts';
import { sentence } from './words.ts';

/** The classes in the order of the table: what is right, then the worst first. */
const shownClasses: readonly ClassName[] = ['correct', ...classNames.filter((name) => name !== 'correct')];

/** What a verification found out. */
export function verifyView(result: VerifyResult, { reporting, histories }: ReportFacts): View {
  const { status, cells, quota } = result;
  return {
    status,
    headline: headlineOf(result),
    meaning: meaningAfter('verify', status),
    summary: cells.length === 0 ? '' : done(result),
    figures: figuresOf(result),
    actions: [
      ...runFailure(result.error),
      // What needs every cell is told by a verification of all of them alone.
      ...failureActions(cells, ['verify'], reporting, { choosesCells: false }),
      ...classActions(result, reporting),
      ...(status === 'complete'
        ? [
            {
              tone: 'good' as const,
              title: 'Nothing needs you',
              text: 'Every instance is where Nova looks for it.',
              commands: [],
            },
          ]
        : []),
    ],
    sections: [verifiedCells(result, histories.tookMs), ...(cells.length === 0 ? [] : [quotaSection(quota)])],
  };
}

/** The classes that are not as they should be, and the cells that failed, in a few words. */
export function headlineOf({ totals, cells, error }: VerifyResult): string {
  const failed = cells.filter((cell) => cell.error !== null).length;
  const wrong = classNames.filter((name) => !classes[name].allowed && totals[name] > 0);
  const parts = [
    ...(error === null ? [] : [error.name]),
    ...(failed > 0 ? [`${formatCount(failed)} of ${countOf(cells.length, 'cell')} failed`] : []),
    ...wrong.map((name) => `${formatCount(totals[name])} ${name}`),
  ];
  if (parts.length > 0) return new Intl.ListFormat('en').format(parts);
  return `all of ${countOf(totals.correct, 'instance')} correct`;
}

function figuresOf({ totals, cells, seconds }: VerifyResult): Figure[] {
  const wrong = classNames.reduce((sum, name) => (classes[name].allowed ? sum : sum + totals[name]), 0);
  const instances = cells.reduce((sum, cell) => sum + cell.instances, 0);
  return [
    { name: 'instances', value: formatCount(instances) },
    { name: 'correct', value: formatCount(totals.correct) },
    { name: 'need a look', value: formatCount(wrong), tone: wrong > 0 ? 'attention' : 'calm' },
    { name: 'being built', value: formatCount(totals.inFlight) },
    failedFigure({ cells }),
    { name: 'took', value: secondsText(seconds) },
  ];
}

/** What is not as it should be, class by class, with the command that looks at it or mends it. */
export function classActions(result: VerifyResult, reporting: Reporting): Action[] {
  return classNames
    .filter((name) => !classes[name].allowed && result.totals[name] > 0)
    .map((name): Action => {
      const number = result.totals[name];
      const samples = samplesOf(result, name);
      const command = nextCommand(name, samples[0]?.sample.instance, result, reporting);
      return {
        tone: 'attention',
        title: `${name}: ${formatCount(number)}`,
        text: sentence(classes[name].meaning),
        examples: examplesOf(samples, number, result),
        commands: command === null ? [] : [{ what: whatItDoes(name, result), command }],
      };
    });
}

function whatItDoes(name: ClassName, { everyCellRead }: VerifyResult): string {
  if (name === 'unmapped') return 'Map them';
  if (classes[name].repairable) return 'Show how it would be mended';
  return name === 'undecided' && !everyCellRead ? 'Verify all cells' : 'See what is known of one';
}

function examplesOf(samples: readonly Placed[], number: number, { cells }: VerifyResult): Html | undefined {
  const names = new Map(cells.map((cell) => [cell.uuid, cellLabel(cell)]));
  const label = (uuid: string | null) => (uuid === null ? 'no cell' : (names.get(uuid) ?? uuid));
  const mappedTo: Column<Placed> = {
    title: 'mapped to',
    cell: ({ sample }) =>
      sample.mappedTo !== undefined && `${label(sample.mappedTo)}${sample.hiddenThere ? ', which has it hidden' : ''}`,
  };
  const wrong: Column<Placed> = {
    title: 'differs in',
    cell: ({ sample }) => (sample.wrong ?? []).map((detail) => detailNames[detail]).join(', '),
  };
  const columns: Column<Placed>[] = [
    { title: 'instance', cell: ({ sample }) => html`<code>${sample.instance}</code>` },
    { title: 'cell', cell: ({ cell }) => label(cell) },
    ...(samples.some(({ sample }) => sample.mappedTo !== undefined) ? [mappedTo] : []),
    ...(samples.some(({ sample }) => sample.wrong !== undefined) ? [wrong] : []),
  ];
  return examples(columns, samples, number);
}

/** The cells with what was found in each, and the mappings without one. */
export function verifiedCells(result: VerifyResult, tookMs: ReadonlyMap<string, number>): Html {
  const { cells, withoutCell } = result;
  if (cells.length === 0) return section('cells', 'Cells', empty('The run ended before it knew its cells.'));
  const rows = cells.map(rowOf);
  if (withoutCell.mappings > 0) {
    const counts = withoutCell.classes;
    rows.push(makeRow('mappings without a cell', counts, 0, { status: verificationStatus(counts, null) }));
  }
  const instances = cells.reduce((sum, cell) => sum + cell.instances, 0);
  const total = makeRow('all cells', result.totals, instances, { status: result.status });
  return section(
    'cells',
    'Cells',
    cellsTable(rows, total, {
      titles: ['instances', ...shownClasses],
      tookMs,
      legend: [
        { kind: 'right', text: 'correct' },
        { kind: 'pending', text: 'allowed: being built, or a placeholder' },
        { kind: 'problem', text: 'not as it should be' },
      ],
    }),
  );
}

function rowOf(cell: CellVerification): CellRow {
  return makeRow(cellLabel(cell), cell.classes, cell.instances, cell);
}

function makeRow(
  label: string,
  counts: ClassCounts,
  instances: number,
  about: Pick<CellRow, 'status'> & Partial<Pick<CellVerification, 'uuid' | 'error'>>,
): CellRow {
  return {
    uuid: about.uuid ?? null,
    label,
    status: about.status,
    error: about.error?.name ?? null,
    parts: partsOf(counts),
    numbers: [instances, ...shownClasses.map((name) => counts[name])],
  };
}

function partsOf(counts: ClassCounts): Part[] {
  const open = counts.inFlight + counts.placeholder;
  const all = classNames.reduce((sum, name) => sum + counts[name], 0);
  return [
    { kind: 'right', name: 'correct', number: counts.correct },
    { kind: 'pending', name: 'allowed', number: open },
    { kind: 'problem', name: 'not as it should be', number: all - counts.correct - open },
  ];
}
