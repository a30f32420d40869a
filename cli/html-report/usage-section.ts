import type { Cost } from '../../domain/usage.ts';
import { formatCount } from '../display/text.ts';
import { dollars } from '../report/costs.ts';
import { definitions, section } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { type Html, html } from './html.ts';

/** What the run used of AWS and what that may cost, and what `map` would; nothing where nobody counted. */
export function usageSection({ document, reporting }: ReportFacts): Html | null {
  const usage = document !== null && 'usage' in document ? document.usage : undefined;
  const estimate = document !== null && 'estimate' in document ? document.estimate : undefined;
  if (usage === undefined && estimate === undefined) return null;
  const here = reporting.where.local === true ? ' It ran on this computer and cost nothing: on AWS it would.' : '';
  return section(
    'usage',
    'Usage and cost',
    usage !== undefined && definitions(entries(usage)),
    estimate !== undefined && html`<h3>What map will use</h3>${definitions(entries(estimate))}`,
    html`<p class="more">Estimated, without the databases themselves, S3, logs and free tiers.${here}</p>`,
  );
}

function entries(cost: Cost): (readonly [string, string])[] {
  const { transitions, lambdaRequests, lambdaGbSeconds, dataApiRequests, dataApiUnits, estimatedDollars } = cost;
  return [
    ['cost', dollars(estimatedDollars)],
    ['state transitions', formatCount(transitions)],
    ['Lambda requests', formatCount(lambdaRequests)],
    ['Lambda GB-seconds', lambdaGbSeconds.toLocaleString('en-US', { maximumFractionDigits: 1 })],
    ['Data API requests', formatCount(dataApiRequests)],
    ['the same, of 32 KB', formatCount(dataApiUnits)],
  ];
}
