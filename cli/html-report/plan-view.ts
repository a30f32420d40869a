import type { PlanResult } from '../../domain/result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { meaningAfter } from '../report/meanings.ts';
import { summary } from '../report/plan-report.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions } from './failed-cells.ts';
import { failedFigure, headlineParts, lookFigure, mappingCells } from './mapping-cells.ts';
import { preflightSection, projectsSection } from './plan-sections.ts';
import { problemActions } from './problem-actions.ts';
import type { Action, View } from './view.ts';

/** What a run of `map` would come to. */
export function planView(result: PlanResult, { reporting, histories }: ReportFacts): View {
  const { status, cells, totals, seconds, plan, preflight } = result;
  const toMap = plan.instances > 0 ? [`${countOf(plan.instances, 'instance')} to map`] : [];
  const parts = [...toMap, ...headlineParts(result)];
  return {
    status,
    headline: parts.length > 0 ? new Intl.ListFormat('en').format(parts) : 'nothing to map',
    meaning: meaningAfter('plan', status),
    summary: cells.length === 0 ? '' : summary(result),
    figures: [
      { name: 'instances', value: formatCount(totals.instances) },
      { name: 'to map', value: formatCount(plan.instances) },
      { name: 'already mapped', value: formatCount(totals.alreadyMapped) },
      lookFigure(result),
      failedFigure(result),
      { name: 'took', value: secondsText(seconds) },
    ],
    actions: [
      ...failureActions(cells, ['map', '--dry-run'], reporting),
      ...problemActions(cells, reporting),
      ...mapActions(result, reporting),
    ],
    sections: [
      preflightSection(preflight),
      mappingCells(result, histories.tookMs, { fresh: 'to map' }),
      projectsSection(plan.projects),
    ],
  };
}

function mapActions({ plan }: PlanResult, { where, cells = [] }: Reporting): Action[] {
  if (plan.instances === 0) return [];
  const command = commandText(['map', ...cells.flatMap((cell) => ['--cell', cell])], where);
  const title = `${countOf(plan.instances, 'instance')} to map`;
  const text = 'Nothing was written yet. map does it; rows that exist are never changed.';
  return [{ tone: 'calm', title, text, commands: [{ what: 'Map them', command }] }];
}
