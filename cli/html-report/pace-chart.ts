import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter } from 'd3-shape';
import { formatCount } from '../display/text.ts';
import { type Html, html } from './html.ts';
import { niceStepMs, type Pace } from './pace.ts';
import type { Series } from './series.ts';
import { moment } from './words.ts';

/** The drawing's own units: it is stretched to the page's width, and its letters stand beside it. */
const WIDTH = 1_000;
const HEIGHT = 200;

/** Lines across the chart, and times below it, at most. */
const LINES = 4;
const TIMES = 6;

/**
 * Draws a pace as areas, one upon the other. Texts are no part of the drawing, so that they stay as large as all others
 * on a narrow page.
 * @param words what the drawing shows, for who does not see it
 */
export function drawPace({ stepMs, lengthMs, steps }: Pace, series: readonly Series[], words: string): Html {
  const peak = Math.max(1, ...steps.flatMap((step) => series.map(({ measure }) => step[measure])));
  const x = scaleLinear([0, lengthMs], [0, WIDTH]);
  const y = scaleLinear([0, peak], [HEIGHT, 0]).nice(LINES);
  const lines = y.ticks(LINES);
  // The last value stands until the end of the run.
  const moments = [
    ...steps.map((step, index) => ({ atMs: index * stepMs, step })),
    { atMs: lengthMs, step: steps.at(-1) },
  ];
  const areas = series.map(({ measure, kind }) => {
    const shape = area<(typeof moments)[number]>()
      .x(({ atMs }) => round(x(atMs)))
      .y0(HEIGHT)
      .y1(({ step }) => round(y(step?.[measure] ?? 0)))
      .curve(curveStepAfter);
    return html`<path class="${kind}" d="${shape(moments)}"/>`;
  });
  return html`<div class="chart">
<div class="heights" aria-hidden="true">${lines.map((line) => html`<span style="bottom:${round((1 - y(line) / HEIGHT) * 100)}%">${formatCount(line)}</span>`)}</div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}">
${lines.map((line) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${round(y(line))}" y2="${round(y(line))}"/>`)}
${areas}${steps.map((step, index) => hover(step, series, { fromMs: index * stepMs, toMs: Math.min(lengthMs, (index + 1) * stepMs) }, x))}
</svg>
<div class="times" aria-hidden="true">${times(lengthMs).map((atMs) => html`<span style="left:${round((atMs / lengthMs) * 100)}%">${moment(atMs)}</span>`)}</div>
</div>`;
}

/** An invisible strip over each step, which tells its numbers under the pointer. */
function hover(
  step: Pace['steps'][number],
  series: readonly Series[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
  x: (atMs: number) => number,
): Html {
  const texts = series.map(({ measure, name }) => `${formatCount(step[measure])} ${name}`);
  return html`<rect class="hover" x="${round(x(fromMs))}" width="${round(x(toMs) - x(fromMs))}" height="${HEIGHT}"><title>${moment(fromMs)} – ${moment(toMs)}: ${texts.join(', ')} a second</title></rect>`;
}

function times(lengthMs: number): number[] {
  const stepMs = niceStepMs(lengthMs, TIMES);
  return Array.from({ length: Math.floor(lengthMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
