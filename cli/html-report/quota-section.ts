import type { VerifyResult, WrongQuota } from '../../domain/verification-result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { offBy } from '../report/verify-report.ts';
import { empty, section, table } from './elements.ts';
import { type Html, html } from './html.ts';

/** How many projects are shown; the document has all. */
const PROJECTS_SHOWN = 20;

/** Whether Nova's quota counts what there is, and for which projects it does not. */
export function quotaSection(quota: VerifyResult['quota']): Html {
  if (quota === null) return section('quotas', 'Quotas', empty('Quotas are not known: that takes every cell.'));
  const { projects, counted, live, wrong } = quota;
  const of = countOf(projects, 'project');
  if (wrong.length === 0) {
    const text = `Quotas are right: Nova counts ${countOf(counted, 'live instance')} of ${of}.`;
    return section('quotas', 'Quotas', empty(text));
  }
  const shown = [...wrong].sort((a, b) => Math.abs(offBy(b)) - Math.abs(offBy(a))).slice(0, PROJECTS_SHOWN);
  const more = wrong.length - shown.length;
  const number = (title: string, text: (row: WrongQuota) => string) => ({ title, isNumber: true, cell: text });
  return section(
    'quotas',
    'Quotas',
    html`<p>Wrong for ${formatCount(wrong.length)} of ${of}: Nova counts ${countOf(counted, 'live instance')}, and there are ${formatCount(live)}. They come right with the mappings.</p>`,
    table(
      'Projects of which Nova counts another number than there is',
      [
        { title: 'project', cell: ({ project }) => html`<code>${project}</code>` },
        number('Nova counts', (row) => formatCount(row.counted)),
        number('live', (row) => formatCount(row.live)),
        number('being deleted', (row) => formatCount(row.deleting)),
        number('off by', (row) => `${offBy(row) > 0 ? '+' : ''}${formatCount(offBy(row))}`),
      ],
      shown,
    ),
    more > 0 && html`<p class="more">and ${countOf(more, 'more project')}; --json lists all</p>`,
  );
}
