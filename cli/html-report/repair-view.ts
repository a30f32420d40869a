import type { Change } from '../../domain/change.ts';
import { type ClassName, classes } from '../../domain/classification.ts';
import type { RepairSummary, VerifyResult } from '../../domain/verification-result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { meaningAfter } from '../report/meanings.ts';
import { differenceOf, sumOf } from '../report/repair-report.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import { type Column, empty, section, table } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions, runFailure } from './failed-cells.ts';
import { type Html, html } from './html.ts';
import { headlineOf, verifiedCells } from './verify-view.ts';
import type { Action, View } from './view.ts';

/** What a repair changed, or would change. */
export function repairView(result: VerifyResult, { reporting, histories }: ReportFacts): View {
  const { status, repair, cells, seconds, error } = result;
  const planned = repair === undefined ? 0 : sumOf(repair.planned);
  const made = repair === undefined ? 0 : sumOf(repair.made);
  const named = repair?.classes.join(',') ?? '';
  return {
    status,
    headline: status === 'failed' ? headlineOf(result) : headlineOfChanges(repair),
    meaning: meaningAfter('repair', status),
    summary: '',
    figures: [
      { name: 'to change', value: formatCount(planned) },
      ...(repair?.applied ? [{ name: 'changed', value: formatCount(made) }] : []),
      { name: 'left alone', value: formatCount(repair?.leftAlone.number ?? 0) },
      {
        name: 'not repairable',
        value: formatCount(repair?.notRepairable ?? 0),
        tone: (repair?.notRepairable ?? 0) > 0 ? 'attention' : 'calm',
      },
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: [
      ...runFailure(error),
      ...failureActions(cells, named === '' ? ['verify'] : ['repair', '--class', named], reporting, {
        choosesCells: false,
      }),
      ...(repair === undefined ? [] : nextActions(repair, reporting)),
    ],
    sections: [
      ...(repair === undefined ? [] : [changesSection(result, repair, reporting)]),
      verifiedCells(result, histories.tookMs),
    ],
  };
}

function headlineOfChanges(repair: RepairSummary | undefined): string {
  if (repair === undefined) return '';
  const rows = countOf(sumOf(repair.planned), 'row');
  return repair.applied ? `changed ${formatCount(sumOf(repair.made))} of ${rows}` : `${rows} to change`;
}

function nextActions(repair: RepairSummary, { where, cells = [] }: Reporting): Action[] {
  const { classes: named, planned, applied, leftAlone, notRepairable } = repair;
  const chosen = cells.flatMap((cell) => ['--cell', cell]);
  const apply = commandText(['repair', '--class', named.join(','), ...chosen, '--apply'], where);
  const verify = commandText(['verify'], where);
  return [
    ...(sumOf(planned) > 0 && !applied
      ? [
          {
            tone: 'attention' as const,
            title: `${countOf(sumOf(planned), 'row')} would be changed`,
            text: 'Nothing was changed yet. With --apply the changes are made, and kept in a file from which they can be undone.',
            commands: [{ what: 'Make the changes', command: apply }],
          },
        ]
      : []),
    ...(applied
      ? [
          {
            tone: 'calm' as const,
            title: 'Is all well now?',
            text: 'A verification tells. What was changed is in the undo file that the command named.',
            commands: [{ what: 'Compare every instance with its mapping', command: verify }],
          },
        ]
      : []),
    ...(leftAlone.number > 0
      ? [
          {
            tone: 'attention' as const,
            title: `${countOf(leftAlone.number, 'row')} left alone`,
            text: 'They have changed since they were seen, or a build has begun.',
            examples: html`<ul class="plain">${leftAlone.samples.map((uuid) => html`<li><code>${uuid}</code></li>`)}</ul>`,
            commands: [{ what: 'Look again at what is left', command: verify }],
          },
        ]
      : []),
    ...(notRepairable > 0
      ? [
          {
            tone: 'attention' as const,
            title: `${formatCount(notRepairable)} not to be repaired`,
            text: 'Something else stands in the way. explain says what it is.',
            commands: [{ what: 'Find them', command: verify }],
          },
        ]
      : []),
  ];
}

/** By class, what was found and changed, and the first changes row by row. */
function changesSection(result: VerifyResult, repair: RepairSummary, reporting: Reporting): Html {
  const { planned, made, applied, samples } = repair;
  const number = (title: string, of: (name: ClassName) => number): Column<ClassName> => ({
    title,
    isNumber: true,
    cell: (name) => formatCount(of(name)),
  });
  const columns: Column<ClassName>[] = [
    { title: 'class', cell: (name) => html`${name}<span class="uuid">${classes[name].meaning}</span>` },
    number('found', (name) => result.totals[name]),
    number('to change', (name) => planned[name] ?? 0),
    ...(applied ? [number('changed', (name) => made[name] ?? 0)] : []),
  ];
  const more = sumOf(applied ? made : planned) - samples.length;
  return section(
    'changes',
    'Changes',
    table('By class', columns, repair.classes),
    samples.length === 0
      ? empty('There is no row to change.')
      : table(applied ? 'Rows that were changed' : 'Rows as they would be changed', changeColumns(reporting), samples),
    more > 0 && samples.length > 0 && html`<p class="more">and ${formatCount(more)} more</p>`,
  );
}

function changeColumns(reporting: Reporting): Column<Change>[] {
  return [
    {
      title: 'instance',
      cell: ({ before, after }) => html`<code>${(before ?? after)?.instanceUuid}</code>`,
    },
    { title: 'class', cell: ({ class: name }) => name },
    { title: 'before → after', cell: (change) => differenceOf(change, reporting) },
  ];
}
