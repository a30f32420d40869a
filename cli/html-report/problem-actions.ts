import { cellLabel } from '../../domain/cell.ts';
import type { CellResult } from '../../domain/result.ts';
import { type Problem, problems } from '../../domain/sample.ts';
import { countOf } from '../display/text.ts';
import { numberOf, samplesOf } from '../report/cell-problems.ts';
import { commandText } from '../report/command-text.ts';
import { problemMeanings } from '../report/problems.ts';
import type { Reporting } from '../report/reporting.ts';
import { type Column, examples } from './elements.ts';
import { type Html, html } from './html.ts';
import type { Action, Command } from './view.ts';
import { sentence } from './words.ts';

/** What mapping leaves as it is and a person should look at, the worst first, with the commands that see and mend it. */
export function problemActions(cells: readonly CellResult[], reporting: Reporting): Action[] {
  return problems.flatMap((problem): Action[] => {
    const number = cells.reduce((sum, cell) => sum + numberOf[problem](cell), 0);
    if (number === 0) return [];
    const samples = samplesOf(cells, problem);
    return [
      {
        tone: 'attention',
        title: `${problem}: ${countOf(number, 'instance')}`,
        text: sentence(problemMeanings[problem]),
        examples: examplesOf(samples, number, cells),
        commands: commandsFor(problem, samples[0]?.sample.instance, reporting),
      },
    ];
  });
}

/** The classes of `repair` have the names of the problems. What cannot be mapped is corrected in its cell. */
function commandsFor(problem: Problem, instance: string | undefined, { where }: Reporting): Command[] {
  const see = { what: 'See what is known of one', command: commandText(['explain', instance ?? 'UUID'], where) };
  if (problem === 'noProject' || problem === 'refused') return [see];
  const mend = { what: 'Show how it would be mended', command: commandText(['repair', '--class', problem], where) };
  return [see, mend];
}

type Placed = ReturnType<typeof samplesOf>[number];

function examplesOf(samples: readonly Placed[], number: number, cells: readonly CellResult[]): Html | undefined {
  const names = new Map(cells.map((cell) => [cell.uuid, cellLabel(cell)]));
  const mappedTo: Column<Placed> = {
    title: 'mapped to',
    cell: ({ sample: { mappedTo: uuid } }) => (uuid === undefined ? '' : (names.get(uuid) ?? uuid)),
  };
  const reason: Column<Placed> = { title: 'why', cell: ({ sample }) => sample.reason };
  const columns: Column<Placed>[] = [
    { title: 'instance', cell: ({ sample }) => html`<code>${sample.instance}</code>` },
    { title: 'in', cell: ({ cell }) => cellLabel(cell) },
    ...(samples.some(({ sample }) => sample.mappedTo !== undefined) ? [mappedTo] : []),
    ...(samples.some(({ sample }) => sample.reason !== undefined) ? [reason] : []),
  ];
  return examples(columns, samples, number);
}
