import { cellLabel } from '../../domain/cell.ts';
import type { Pause } from '../../domain/pause.ts';
import { countOf, formatCount, formatDuration } from '../display/text.ts';
import { pauseMeanings } from '../report/costs.ts';
import { empty, section, table } from './elements.ts';
import type { ReportFacts, RetrySum } from './facts.ts';
import { type Html, html } from './html.ts';
import { coverage } from './pace-section.ts';

/** How many rows each table has at most. */
const MOST_ROWS = 40;

interface PauseRow extends Pause {
  cell: string;
}

/** What was tried again and where the run paused by itself, each with its reason. */
export function retriesSection({ histories, document, execution }: ReportFacts): Html {
  const { retries } = histories;
  const pauses = allPauses(document);
  const known = execution === null ? 'There is no history to tell of retries.' : coverage(histories).trim();
  const none = execution === null ? '' : 'No step had to be tried again.';
  return section(
    'retries',
    'Retries and pauses',
    retries.length === 0 ? none !== '' && empty(none) : retriesTable(retries),
    pauses.length > 0 && pausesTable(pauses),
    known !== '' && html`<p class="more">${known}</p>`,
  );
}

function retriesTable(retries: readonly RetrySum[]): Html {
  const times = retries.reduce((sum, retry) => sum + retry.times, 0);
  const more = retries.length - MOST_ROWS;
  return html`<p>Steps were tried again ${countOf(times, 'time')}; what they did counts once.</p>${table(
    'What was tried again',
    [
      { title: 'where', cell: ({ cell }) => cell ?? 'the run' },
      { title: 'step', cell: ({ step }) => step },
      { title: 'reason', cell: ({ error }) => html`<code>${error}</code>` },
      { title: 'times', isNumber: true, cell: (retry) => formatCount(retry.times) },
      { title: 'waited', isNumber: true, cell: ({ waitedMs }) => waited(waitedMs) },
    ],
    retries.slice(0, MOST_ROWS),
  )}${more > 0 && html`<p class="more">and ${countOf(more, 'more row')}</p>`}`;
}

function pausesTable(pauses: readonly PauseRow[]): Html {
  const more = pauses.length - MOST_ROWS;
  return html`${table(
    'Where writers waited so as not to be in the way',
    [
      { title: 'cell', cell: ({ cell }) => cell },
      { title: 'reason', cell: ({ reason }) => html`${pauseMeanings[reason]} <code>${reason}</code>` },
      { title: 'times', isNumber: true, cell: (pause) => formatCount(pause.times) },
      { title: 'waited', isNumber: true, cell: ({ seconds }) => waited(seconds * 1_000) },
    ],
    pauses.slice(0, MOST_ROWS),
  )}${more > 0 && html`<p class="more">and ${countOf(more, 'more row')}</p>`}`;
}

function allPauses(document: ReportFacts['document']): PauseRow[] {
  if (document === null || !('cells' in document)) return [];
  return document.cells
    .flatMap((cell) => ('pauses' in cell ? cell.pauses.map((pause) => ({ cell: cellLabel(cell), ...pause })) : []))
    .sort((a, b) => b.seconds - a.seconds);
}

function waited(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : formatDuration(milliseconds);
}
