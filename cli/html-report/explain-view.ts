import { cellLabel } from '../../domain/cell.ts';
import { classes } from '../../domain/classification.ts';
import type { ExplainResult } from '../../domain/verification-result.ts';
import { details, instanceText, mappingText, nextCommand, nothingToSay } from '../report/explain-report.ts';
import { meaningAfter } from '../report/meanings.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import { definitions, section, table } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { runFailure } from './failed-cells.ts';
import { html } from './html.ts';
import type { Action, View } from './view.ts';
import { sentence } from './words.ts';

/** Where an instance is, what its mapping says, and what is to be thought and done of it. */
export function explainView(result: ExplainResult, { reporting }: ReportFacts): View {
  const { status, uuid, seconds, error, verdicts, cells } = result;
  const names = new Map(cells.map((cell) => [cell.uuid, cellLabel(cell)]));
  const having = cells.filter(({ instance }) => instance !== null).length;
  return {
    status,
    headline: verdicts.map(({ class: name }) => name).join(', ') || '',
    meaning: meaningAfter('explain', status),
    summary: `Instance ${uuid}`,
    figures: [
      { name: 'cells that have it', value: String(having) },
      { name: 'cells asked', value: String(cells.length) },
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: [...runFailure(error), ...(error === null ? verdictActions(result, names, reporting) : [])],
    sections: [
      section(
        'cells',
        'Where it is',
        definitions([
          ['mapping', mappingText(result, names)],
          ['build request', result.buildRequest ? 'yes: Nova is building it' : 'none'],
        ]),
        table(
          'What each cell has of it',
          [
            { title: 'cell', cell: (cell) => html`${cellLabel(cell)}<span class="uuid">${cell.uuid}</span>` },
            { title: 'instance', cell: instanceText },
          ],
          cells,
        ),
      ),
    ],
  };
}

function verdictActions(result: ExplainResult, names: ReadonlyMap<string, string>, reporting: Reporting): Action[] {
  if (result.verdicts.length === 0) {
    return [{ tone: 'calm', title: 'No verdict', text: nothingToSay(result), commands: [] }];
  }
  return result.verdicts.map((verdict): Action => {
    const { class: name, cell, of } = verdict;
    const command = nextCommand(verdict, names, reporting);
    const where = of === 'mapping' ? ', the mapping alone' : cell === null ? '' : ` in ${names.get(cell) ?? cell}`;
    return {
      tone: classes[name].allowed ? 'good' : 'attention',
      title: `${name}${where}`,
      text: sentence(classes[name].meaning) + details(verdict),
      commands:
        command === null ? [] : [{ what: name === 'unmapped' ? 'Map it' : 'Show how it would be mended', command }],
    };
  });
}
