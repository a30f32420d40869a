import type { UndoResult } from '../../domain/verification-result.ts';
import { paint } from '../display/paint.ts';
import { countOf, formatCount, printable } from '../display/text.ts';
import { failureLine, type Reporting, secondsText, verdictLine } from './reporting.ts';

/** What was put back, for people. */
export function undoReport(result: UndoResult, reporting: Reporting): string {
  const { changes, putBack, leftAlone, seconds, error, status } = result;
  const more = leftAlone.number - leftAlone.samples.length;
  const { colours } = reporting;
  const lines = [
    ...(leftAlone.number === 0
      ? []
      : [
          `${paint(`Left alone (${formatCount(leftAlone.number)})`, 'yellow', colours)}: their rows are not as the repair left them.`,
          ...leftAlone.samples.map((uuid) => `  ${printable(uuid)}`),
          ...(more > 0 ? [paint(`  and ${formatCount(more)} more`, 'dim', colours)] : []),
          '',
        ]),
    ...(error === null ? [] : [failureLine('The run', error, reporting), '']),
    `Put back ${formatCount(putBack)} of ${countOf(changes, 'row')} in ${secondsText(seconds)}.`,
    verdictLine('undo', status, reporting),
  ];
  return `${lines.join('\n')}\n`;
}
