import { formatCount } from '../display/text.ts';
import { definitions, section } from './elements.ts';
import { type Usage, usageOf } from './extras.ts';
import type { ReportFacts } from './facts.ts';
import { type Html, html } from './html.ts';

/** What the run used of AWS and what that may cost; nothing where it is not known. */
export function usageSection({ document }: ReportFacts): Html | null {
  const usage = usageOf(document);
  if (usage === null) return null;
  return section(
    'usage',
    'Usage and cost',
    definitions(entries(usage)),
    html`<p class="more">An estimate by list prices, without free tiers and the databases themselves.</p>`,
  );
}

function entries(usage: Usage): (readonly [string, string])[] {
  const { transitions, lambdaRequests, lambdaGbSeconds, dataApiRequests, dataApiUnits, estimatedDollars } = usage;
  return [
    ['estimated cost', dollars(estimatedDollars)],
    ['state transitions', formatCount(transitions)],
    ['Lambda requests', formatCount(lambdaRequests)],
    ['Lambda GB-seconds', decimals(lambdaGbSeconds)],
    ['Data API requests', formatCount(dataApiRequests)],
    ['Data API units of 32 KB', formatCount(dataApiUnits)],
  ];
}

/** Most runs cost less than a cent. */
function dollars(number: number): string {
  return `$${number.toLocaleString('en-US', { minimumFractionDigits: 2, maximumSignificantDigits: number < 1 ? 2 : 6 })}`;
}

function decimals(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
