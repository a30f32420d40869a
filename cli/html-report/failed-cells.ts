import { cellLabel } from '../../domain/cell.ts';
import type { Fault } from '../../domain/range.ts';
import { countOf } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import type { Reporting } from '../report/reporting.ts';
import { joined } from './elements.ts';
import { html } from './html.ts';
import type { Action } from './view.ts';

/** How many causes of failures are told; the table of the cells names each cell's error. */
const CAUSES_SHOWN = 20;

/** How many cells are named of each; more are not in the command either. */
const CELLS_NAMED = 10;

interface Failed {
  uuid: string;
  name: string | null;
  error: Fault | null;
}

/**
 * Which cells failed, why, and the command that goes over them again; those that failed for one reason together.
 * @param again the command's words without its cells
 * @param options.choosesCells whether the command takes --cell
 */
export function failureActions(
  cells: readonly Failed[],
  again: readonly string[],
  { where }: Reporting,
  options: { choosesCells: boolean } = { choosesCells: true },
): Action[] {
  const causes = new Map<string, { error: Fault; cells: Failed[] }>();
  for (const cell of cells) {
    if (cell.error === null) continue;
    const key = causeOf(cell, cell.error);
    const cause = causes.get(key) ?? { error: cell.error, cells: [] };
    cause.cells.push(cell);
    causes.set(key, cause);
  }
  const all = [...causes.values()].sort((a, b) => b.cells.length - a.cells.length);
  const actions = all.slice(0, CAUSES_SHOWN).map(({ error, cells: failed }): Action => {
    const labels = failed.map(cellLabel);
    const isChosen = options.choosesCells && labels.length <= CELLS_NAMED;
    const chosen = !isChosen ? [] : labels.flatMap((label) => ['--cell', label]);
    const [only = ''] = labels;
    return {
      tone: 'bad',
      title: `${labels.length === 1 ? only : countOf(labels.length, 'cell')} failed: ${error.name}`,
      text: labels.length === 1 ? error.message : `${only}: ${error.message}`,
      examples: labels.length === 1 ? undefined : namesOf(labels),
      commands: [
        {
          what: labels.length === 1 ? 'Then go over it again' : 'Then go over them again',
          command: commandText([...again, ...chosen], where),
        },
      ],
    };
  });
  const more = all.slice(CAUSES_SHOWN).reduce((sum, { cells: failed }) => sum + failed.length, 0);
  if (more === 0) return actions;
  const rest: Action = {
    tone: 'bad',
    title: `${countOf(more, 'more cell')} failed`,
    text: 'Each for a reason of its own; the table of the cells names them.',
    commands: [{ what: 'Go over all cells again', command: commandText(again, where) }],
  };
  return [...actions, rest];
}

/** A message often names its cell; but for that, many cells may fail for one reason. */
function causeOf({ name, uuid }: Failed, error: Fault): string {
  const message = error.message.replaceAll(uuid, '').replaceAll(name || uuid, '');
  return JSON.stringify([error.name, message]);
}

function namesOf(labels: readonly string[]) {
  const more = labels.length - CELLS_NAMED;
  const shown = labels.slice(0, CELLS_NAMED).map((label) => html`<strong>${label}</strong>`);
  return html`<p>${joined(shown)}${more > 0 && ` and ${countOf(more, 'more cell')}`}</p>`;
}

/** What ended a run as a whole. */
export function runFailure(error: Fault | null): Action[] {
  return error === null
    ? []
    : [{ tone: 'bad', title: `The run failed: ${error.name}`, text: error.message, commands: [] }];
}
