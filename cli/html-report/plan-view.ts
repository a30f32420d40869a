import { hasFailed } from '../../domain/preflight.ts';
import type { PlanResult } from '../../domain/result.ts';
import { countOf, formatCount } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { meaningAfter } from '../report/meanings.ts';
import { summary } from '../report/plan-report.ts';
import { type Reporting, secondsText } from '../report/reporting.ts';
import type { ReportFacts } from './facts.ts';
import { failureActions, runFailure } from './failed-cells.ts';
import { failedFigure, headlineParts, lookFigure, mappingCells } from './mapping-cells.ts';
import { preflightSection, projectsSection } from './plan-sections.ts';
import { problemActions } from './problem-actions.ts';
import type { Action, View } from './view.ts';

/** What a run of `map` would come to. */
export function planView(result: PlanResult, { reporting, histories, execution }: ReportFacts): View {
  const { status, cells, totals, seconds, plan, preflight } = result;
  const toMap = plan.instances > 0 ? [`${countOf(plan.instances, 'instance')} to map`] : [];
  const failed = preflight.filter(hasFailed).length;
  const checks =
    failed > 0 ? [`${formatCount(failed)} of ${countOf(preflight.length, 'database')} cannot be used`] : [];
  const parts = [...checks, ...toMap, ...headlineParts(result)];
  return {
    status,
    headline: parts.length > 0 ? new Intl.ListFormat('en').format(parts) : status === 'failed' ? '' : 'nothing to map',
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
      // A plan that could not even list its cells tells by its execution alone what ended it.
      ...runFailure(cells.length === 0 && status === 'failed' ? (execution?.fault ?? null) : null),
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
