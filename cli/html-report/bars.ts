import { formatCount } from '../display/text.ts';
import { type Html, html } from './html.ts';

/** A part of a bar: how many, what they are called, and how the style sheet knows them. */
export interface Part {
  name: string;
  number: number;
  /** `fresh` was done in this run, `right` before; `pending` is open; `problem` needs a person. */
  kind: 'fresh' | 'right' | 'pending' | 'problem';
}

/** The narrowest part, in hundredths of the widest bar: one conflict among a million shows too. */
const LEAST = { fresh: 1.5, right: 1.5, pending: 1.5, problem: 3 } as const;

/** A bar in parts; `most` is what the widest bar of its table stands for. The numbers stand in the table beside it. */
export function bar(parts: readonly Part[], most: number): Html | null {
  const shown = parts.filter(({ number }) => number > 0);
  if (shown.length === 0) return null;
  const wanted = shown.map(({ number, kind }) => Math.max(LEAST[kind], (number / Math.max(1, most)) * 100));
  const sum = wanted.reduce((all, width) => all + width, 0);
  // What the slivers take beyond their due is taken from all.
  const scale = sum > 100 ? 100 / sum : 1;
  let x = 0;
  const rects = shown.map(({ kind, name, number }, index) => {
    const width = (wanted[index] ?? 0) * scale;
    const rect = html`<rect class="${kind}" x="${round(x)}" width="${round(width)}" height="10"><title>${name}: ${formatCount(number)}</title></rect>`;
    x += width;
    return rect;
  });
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}

/** What the kinds of parts mean; each has a colour and, where it needs a person, hatching besides. */
export function legend(entries: readonly { kind: Part['kind']; text: string }[]): Html {
  return html`<ul class="legend">${entries.map(
    ({ kind, text }) =>
      html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${kind}" width="10" height="10"/></svg>${text}</li>`,
  )}</ul>`;
}

/** The hatching of what needs a person, once a page. */
export const HATCHING = html`<svg class="definitions" aria-hidden="true" width="0" height="0"><defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="4" height="4"/><rect class="hatch-line" width="1.6" height="4"/></pattern></defs></svg>`;
