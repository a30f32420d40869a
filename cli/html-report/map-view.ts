import type { RunResult } from '../../domain/result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { done, meaningOf } from '../report/map-report.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions } from './failed-cells.ts';
import { failedFigure, headlineParts, lookFigure, mappingCells } from './mapping-cells.ts';
import { problemActions } from './problem-actions.ts';
import type { Action, View } from './view.ts';

/** What a run of `map` came to. */
export function mapView(result: RunResult, { reporting, histories }: ReportFacts): View {
  const { status, cells, totals, seconds } = result;
  const parts = [
    ...headlineParts(result),
    ...(totals.unmapped > 0 ? [`${countOf(totals.unmapped, 'instance')} still unmapped`] : []),
  ];
  return {
    status,
    headline:
      parts.length > 0
        ? new Intl.ListFormat('en').format(parts)
        : cells.length > 0
          ? `${countOf(totals.instances, 'instance')} of ${countOf(cells.length, 'cell')}`
          : '',
    meaning: meaningOf(status),
    summary: cells.length === 0 ? '' : done(result),
    figures: [
      { name: 'instances', value: formatCount(totals.instances) },
      { name: 'mapped in this run', value: formatCount(totals.mapped) },
      { name: 'already mapped', value: formatCount(totals.alreadyMapped) },
      lookFigure(result),
      failedFigure(result),
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: [
      ...failureActions(cells, ['map'], reporting),
      ...problemActions(cells, reporting),
      ...goOnActions(result, reporting),
    ],
    sections: [mappingCells(result, histories.tookMs, { fresh: 'mapped in this run' })],
  };
}

function goOnActions({ status, cells }: RunResult, { where, cells: named = [] }: Reporting): Action[] {
  const command = commandText(['map', ...named.flatMap((cell) => ['--cell', cell])], where);
  const rest = cells.filter((cell) => cell.status === 'more-remain').length;
  if (rest > 0) {
    const title = `${countOf(rest, 'cell')} not read to the end`;
    const text = '--max-count was reached. Running again goes on with what is missing.';
    return [{ tone: 'attention', title, text, commands: [{ what: 'Go on', command }] }];
  }
  if (status === 'stopped') {
    const title = 'Stopped before its end';
    return [{ tone: 'attention', title, text: meaningOf(status), commands: [{ what: 'Go on', command }] }];
  }
  if (status !== 'complete') return [];
  const check = { what: 'Compare all with all', command: commandText(['verify'], where) };
  const text = 'To be sure of every row, whoever wrote it, verify.';
  return [{ tone: 'good', title: 'Nothing needs you', text, commands: [check] }];
}
