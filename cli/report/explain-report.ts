import { cellLabel } from '../../domain/cell.ts';
import { type ClassName, classes, type Verdict } from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { ExplainResult } from '../../domain/verification-result.ts';
import { paint } from '../display/paint.ts';
import { printable } from '../display/text.ts';
import { commandText } from './command-text.ts';
import { failureLine, nextLine, type Reporting, secondsText, verdictLine } from './reporting.ts';
import { type Column, tableLines } from './table.ts';

type CellRow = ExplainResult['cells'][number];

/** Where an instance is, what its mapping says, and what is to be thought and done of it, for people. */
export function explainReport(result: ExplainResult, reporting: Reporting): string {
  const { uuid, seconds, status, error } = result;
  const lines = [
    paint(printable(uuid), 'bold', reporting.colours),
    '',
    ...(error === null ? knownLines(result, reporting) : [failureLine('The run', error, reporting)]),
    '',
    `${verdictLine('explain', status, reporting)} (${secondsText(seconds)})`,
  ];
  return `${lines.join('\n')}\n`;
}

function knownLines(result: ExplainResult, reporting: Reporting): string[] {
  const names = new Map(result.cells.map((cell) => [cell.uuid, printable(cellLabel(cell))]));
  const columns: Column<CellRow>[] = [
    { title: 'cell', text: (cell) => printable(cellLabel(cell)) },
    { title: 'instance', text: instanceText, look: (cell) => (cell.error === null ? 'plain' : 'red') },
  ];
  return [
    ...tableLines(columns, result.cells, reporting.colours),
    '',
    `mapping        ${mappingText(result, names)}`,
    `build request  ${result.buildRequest ? 'yes: Nova is building it' : 'none'}`,
    ...verdictLines(result, names, reporting),
  ];
}

/** What a cell has of the instance. */
export function instanceText({ instance, error }: CellRow): string {
  if (error !== null) return `could not be asked (${printable(error.name)}): ${printable(error.message)}`;
  if (instance === null) return '-';
  const { hidden, gone, deleting, projectId, userId } = instance;
  const state = gone ? 'deleted' : deleting ? 'being deleted' : 'live';
  return [hidden ? `hidden, ${state}` : state, ...owner(projectId, userId)].join(', ');
}

/** What its mapping says. */
export function mappingText({ mapping }: ExplainResult, names: ReadonlyMap<string, string>): string {
  if (mapping === null) return 'none';
  const { cell, projectId, userId, queuedForDelete, createdAt, updatedAt, id } = mapping;
  const time = (what: string, at: string | null) => (at === null ? [] : [`${what} ${printable(at)}`]);
  return [
    cell === null ? 'without a cell' : `to ${names.get(cell) ?? printable(cell)}`,
    ...owner(projectId, userId),
    `queued_for_delete ${queuedForDelete === null ? 'NULL' : Number(queuedForDelete)}`,
    ...time('created', createdAt),
    ...time('updated', updatedAt),
    `id ${id}`,
  ].join(', ');
}

function owner(projectId: string | null, userId: string | null): string[] {
  return [`project ${printable(projectId ?? 'NULL')}`, `user ${printable(userId ?? 'NULL')}`];
}

function verdictLines(result: ExplainResult, names: ReadonlyMap<string, string>, reporting: Reporting): string[] {
  if (result.verdicts.length === 0) return ['', nothingToSay(result)];
  const lines = result.verdicts.map((verdict) => {
    const { class: name, cell, of } = verdict;
    const where = cell === null ? '' : ` in ${names.get(cell) ?? printable(cell)}`;
    const what = of === 'instance' ? where : `, the mapping alone`;
    const look = classes[name].allowed ? 'green' : 'yellow';
    return `${paint(`${name}${what}`, look, reporting.colours)}: ${classes[name].meaning}${details(verdict)}`;
  });
  // Of an instance in two cells there are two verdicts with one remedy.
  const commands = new Set(result.verdicts.flatMap((verdict) => nextCommand(verdict, names, reporting) ?? []));
  return ['', ...lines, ...[...commands].map((command) => nextLine(command, reporting))];
}

/** What differs in a mapping, in a sentence. */
export function details({ wrong = [] }: Verdict): string {
  if (wrong.length === 0) return '';
  const columns = wrong.map((detail) => (detail === 'queuedForDelete' ? 'queued_for_delete' : detail));
  return ` Here: ${columns.join(', ')}.`;
}

/** What there is no verdict about: no real instance, one that is visible nowhere, or nothing at all. */
export function nothingToSay({ uuid, mapping, cells, everyCellRead }: ExplainResult): string {
  if (uuid === PLACEHOLDER_UUID) {
    return 'It is no real instance: an old online migration left it in every cell. It needs no mapping.';
  }
  if (mapping !== null || cells.some(({ instance }) => instance !== null)) {
    return 'It is visible nowhere: only a hidden row has it, as the far side of a cross-cell resize does.';
  }
  const where = everyCellRead ? 'No cell has it' : 'No cell that could be asked has it';
  const lower = uuid.toLowerCase();
  // PostgreSQL tells upper from lower case, and Nova writes lower.
  const hint = lower === uuid ? '' : ` Letter case may matter: try ${lower}.`;
  return `${where}, and it has no mapping.${hint}`;
}

/** The command that would mend it, and others of its class with it; null where there is none. */
export function nextCommand(
  { class: name, cell }: Verdict,
  names: ReadonlyMap<string, string>,
  { where }: Reporting,
): string | null {
  if (name === 'unmapped') {
    const chosen = cell === null ? [] : ['--cell', names.get(cell) ?? cell];
    return commandText(['map', ...chosen], where);
  }
  return isMended(name) ? commandText(['repair', '--class', name], where) : null;
}

function isMended(name: ClassName): boolean {
  return classes[name].repairable;
}
