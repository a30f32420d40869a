import { countOf, formatCount } from '../display/text.ts';
import { legend } from './bars.ts';
import { empty, folded, section, table } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { type Html, html } from './html.ts';
import { type Pace, paceOf } from './pace.ts';
import { drawPace } from './pace-chart.ts';
import { type Series, seriesOf } from './series.ts';
import { moment, sentence } from './words.ts';

/** Steps of the table under the chart. */
const ROWS = 20;

/** How fast the run went over its time; nothing where a mode has no pace. */
export function paceSection({ mode, execution, histories, document, writtenAtMs }: ReportFacts): Html | null {
  const what = seriesOf[mode];
  if (what === undefined) return null;
  const { title } = what;
  const turns = histories.turns.filter(({ done }) => what.series.some(({ measure }) => (done[measure] ?? 0) > 0));
  if (execution === null)
    return section('pace', title, empty('There is no history to tell: Step Functions keeps it for 90 days.'));
  if (turns.length === 0) return section('pace', title, empty('No turn came to an end, so there is nothing to draw.'));
  const toMs = execution.endedAtMs ?? writtenAtMs;
  const pace = paceOf(turns, execution.startedAtMs, toMs);
  const series = what.series.filter(({ measure }) => pace.steps.some((step) => step[measure] > 0));
  const took = document?.seconds ?? (toMs - execution.startedAtMs) / 1_000;
  const words = [
    ...series.map(({ name, measure }) => {
      const peak = Math.max(...pace.steps.map((step) => step[measure]));
      const all = turns.reduce((sum, { done }) => sum + (done[measure] ?? 0), 0);
      return `${sentence(name)}: at most ${formatCount(peak)} a second, over all ${formatCount(all / Math.max(0.1, took))}.`;
    }),
    `What ${countOf(turns.length, 'turn')} did, each spread over the time that it took.`,
  ].join(' ');
  return section(
    'pace',
    title,
    html`<figure>${drawPace(pace, series, `${title} over the time of the run. ${words}`)}${legend(series.map(({ kind, name }) => ({ kind, text: name })))}<figcaption>${words}${coverage(histories)}</figcaption></figure>`,
    folded('The same in numbers', numbers(paceOf(turns, execution.startedAtMs, toMs, ROWS), series)),
  );
}

/** Of how many cells the histories tell, where it is not all. */
export function coverage({ cells, read, trouble }: ReportFacts['histories']): string {
  if (read === cells && trouble === null) return '';
  const why = trouble === null ? '' : ` (${trouble})`;
  if (cells === 0) return ` The histories could not be read${why}.`;
  return ` Of ${countOf(cells, 'cell')} the histories of ${formatCount(read)} were read${why}: those that took longest.`;
}

function numbers({ stepMs, lengthMs, steps }: Pace, series: readonly Series[]): Html {
  const rows = steps.map((step, index) => ({
    step,
    fromMs: index * stepMs,
    toMs: Math.min(lengthMs, (index + 1) * stepMs),
  }));
  return table(
    'A second, on average',
    [
      { title: 'from', cell: ({ fromMs, toMs }) => `${moment(fromMs)} – ${moment(toMs)}` },
      ...series.map(({ name, measure }) => ({
        title: name.replaceAll("'", '’'),
        isNumber: true,
        cell: ({ step }: (typeof rows)[number]) => formatCount(step[measure]),
      })),
    ],
    rows,
  );
}
