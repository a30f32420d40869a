import { cellLabel } from '../../domain/cell.ts';
import type { CellListing, CellsResult } from '../../domain/result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { secondsText } from '../report/reporting.ts';
import { bar } from './bars.ts';
import { badge, count, empty, section, table } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions } from './failed-cells.ts';
import { html } from './html.ts';
import type { View } from './view.ts';

/** The cells and how much is in them. */
export function cellsView({ status, cells, seconds }: CellsResult, { reporting }: ReportFacts): View {
  const failed = cells.filter(({ error }) => error !== null).length;
  const sum = (of: (cell: CellListing) => number | null) => cells.reduce((all, cell) => all + (of(cell) ?? 0), 0);
  const most = Math.max(1, ...cells.map(({ instances }) => instances ?? 0));
  const number = (counted: number | null) => (counted === null ? '?' : count(counted));
  return {
    status,
    headline:
      failed > 0 ? `${formatCount(failed)} of ${countOf(cells.length, 'cell')} failed` : countOf(cells.length, 'cell'),
    meaning: failed > 0 ? 'A cell could not be counted; the message says why.' : 'Every cell was counted.',
    summary: 'Rows of every kind are counted: deleted and hidden ones too.',
    figures: [
      { name: 'cells', value: formatCount(cells.length) },
      { name: 'rows of instances', value: formatCount(sum(({ instances }) => instances)) },
      { name: 'mappings to cells', value: formatCount(sum(({ mappings }) => mappings)) },
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: failureActions(cells, ['cells'], reporting, { choosesCells: false }),
    sections: [
      section(
        'cells',
        'Cells',
        cells.length === 0
          ? empty('There are no cells.')
          : table(
              'What is in each cell',
              [
                {
                  title: 'cell',
                  cell: (cell) => html`${cellLabel(cell)}${cell.name && html`<span class="uuid">${cell.uuid}</span>`}`,
                },
                {
                  title: 'state',
                  cell: ({ error, disabled }) =>
                    error === null
                      ? badge('complete', disabled ? 'counted, disabled' : 'counted')
                      : html`${badge('failed')}<span class="why">${error.name}</span>`,
                },
                { title: 'database', cell: ({ database }) => database ?? '?' },
                {
                  title: 'breakdown',
                  cell: ({ instances }) => bar([{ kind: 'right', name: 'instances', number: instances ?? 0 }], most),
                },
                { title: 'instances', isNumber: true, cell: ({ instances }) => number(instances) },
                { title: 'mappings', isNumber: true, cell: ({ mappings }) => number(mappings) },
              ],
              cells,
              { className: 'cells' },
            ),
      ),
    ],
  };
}
