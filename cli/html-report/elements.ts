import type { RunStatus } from '../../domain/run-status.ts';
import { marks } from '../display/marks.ts';
import { formatCount } from '../display/text.ts';
import { Html, type HtmlValue, html } from './html.ts';

/** How a thing looks that is judged: as it should be, in want of a look, wrong, or neither. */
export type Tone = 'good' | 'attention' | 'bad' | 'calm';

/** What a run can be called: how it ended, or that it has not. */
export type ReportStatus = RunStatus | 'running';

const tones: Readonly<Record<ReportStatus, Tone>> = {
  complete: 'good',
  'needs-attention': 'attention',
  'more-remain': 'attention',
  stopped: 'attention',
  failed: 'bad',
  running: 'calm',
};

const titles: Readonly<Record<ReportStatus, string>> = {
  complete: 'Complete',
  'needs-attention': 'Needs attention',
  'more-remain': 'More remains',
  stopped: 'Stopped',
  failed: 'Failed',
  running: 'Still running',
};

/** The tone of a status. */
export function toneOf(status: ReportStatus): Tone {
  return tones[status];
}

/** A status as a heading has it. */
export function titleOf(status: ReportStatus): string {
  return titles[status];
}

/** A status in its colour, with its sign: the colour alone tells nobody. */
export function badge(status: ReportStatus, text: string = status): Html {
  return html`<span class="badge ${toneOf(status)}"><span aria-hidden="true">${marks[status].sign}</span> ${text}</span>`;
}

/** A number with thousands separators; a zero is quieter than the others. */
export function count(number: number): Html {
  return number === 0 ? html`<span class="zero">0</span>` : html`${formatCount(number)}`;
}

/** A command to be copied: one click selects all of it. */
export function commandLine(command: string): Html {
  return html`<pre class="command"><code>${command}</code></pre>`;
}

/** A part of the page with a heading of its own. */
export function section(id: string, title: string, ...content: HtmlValue[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>\n`;
}

/** What stands under a heading that has nothing to show. */
export function empty(text: string): Html {
  return html`<p class="empty">${text}</p>`;
}

/** A column of a table: what stands above it, and what in it. */
export interface Column<Row> {
  title: string;
  /** Of numbers, which stand to the right. */
  isNumber?: boolean;
  cell: (row: Row) => HtmlValue;
}

/**
 * A table whose first column heads its rows. On a narrow page each row is a block, in which the columns' titles stand
 * before their texts; so the titles are handed to the style sheet once.
 */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { className?: string; foot?: Row | undefined } = {},
): Html {
  const { className = '', foot } = options;
  const names = columns.map(({ title }, index) => `--c${index + 1}:'${title}'`).join(';');
  const numbers = columns.flatMap(({ isNumber }, index) => (isNumber ? [` n${index + 1}`] : [])).join('');
  const row = (each: Row) =>
    html`<tr>${columns.map(({ cell }, index) =>
      index === 0 ? html`<th scope="row">${cell(each)}</th>` : html`<td>${cell(each)}</td>`,
    )}</tr>\n`;
  return html`<table class="${className}${numbers}" style="${names}">
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }) => html`<th scope="col">${breakable(title)}</th>`)}</tr></thead>
<tbody>
${rows.map(row)}</tbody>${foot !== undefined && html`<tfoot>${row(foot)}</tfoot>`}
</table>`;
}

/** The name of a class may be broken where its words meet: its column is as wide as its numbers. */
function breakable(title: string): HtmlValue {
  return title.split(/(?=[A-Z])/).map((word, index) => html`${index > 0 && html`<wbr>`}${word}`);
}

/** Names and what they stand for. */
export function definitions(entries: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  const shown = entries.filter(([, value]) => value !== null && value !== '');
  return html`<dl>${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What only who wants it unfolds; on paper it is unfolded. */
export function folded(summary: string, content: HtmlValue): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

/** Where there are more examples than these, they are folded away. */
const EXAMPLES_OPEN = 2;

/** Examples of what there is more of: a few stand open, more are folded away. */
export function examples<Row>(columns: readonly Column<Row>[], rows: readonly Row[], number: number): Html | undefined {
  if (rows.length === 0) return undefined;
  const whole = table('Some of them', columns, rows);
  if (rows.length > EXAMPLES_OPEN) return folded(`${formatCount(rows.length)} of ${formatCount(number)}`, whole);
  const more = number - rows.length;
  return html`${whole}${more > 0 && html`<p class="more">and ${formatCount(more)} more</p>`}`;
}

/** Pieces with a comma between them. */
export function joined(pieces: readonly HtmlValue[]): Html {
  return new Html(pieces.map((piece, index) => html`${index > 0 && ', '}${piece}`.text).join(''));
}
