import type { UndoResult } from '../../domain/verification-result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { meaningAfter } from '../report/meanings.ts';
import { secondsText } from '../report/reporting.ts';
import type { ReportFacts } from './facts.ts';
import { runFailure } from './failed-cells.ts';
import { html } from './html.ts';
import type { View } from './view.ts';

/** What an undo put back. */
export function undoView(result: UndoResult, { reporting: { where } }: ReportFacts): View {
  const { status, changes, putBack, leftAlone, seconds, error } = result;
  const verify = { what: 'Compare every instance with its mapping', command: commandText(['verify'], where) };
  const more = leftAlone.number - leftAlone.samples.length;
  return {
    status,
    headline: `put back ${formatCount(putBack)} of ${countOf(changes, 'row')}`,
    meaning: meaningAfter('undo', status),
    summary: '',
    figures: [
      { name: 'to put back', value: formatCount(changes) },
      { name: 'put back', value: formatCount(putBack) },
      {
        name: 'left alone',
        value: formatCount(leftAlone.number),
        tone: leftAlone.number > 0 ? 'attention' : 'calm',
      },
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: [
      ...runFailure(error),
      ...(leftAlone.number > 0
        ? [
            {
              tone: 'attention' as const,
              title: `${countOf(leftAlone.number, 'row')} left alone`,
              text: 'Their rows are not as the repair left them.',
              examples: html`<ul class="plain">${leftAlone.samples.map((uuid) => html`<li><code>${uuid}</code></li>`)}${more > 0 && html`<li>and ${formatCount(more)} more</li>`}</ul>`,
              commands: [verify],
            },
          ]
        : []),
      ...(status === 'complete'
        ? [
            {
              tone: 'good' as const,
              title: 'Nothing needs you',
              text: 'To see how things stand now, verify.',
              commands: [verify],
            },
          ]
        : []),
    ],
    sections: [],
  };
}
