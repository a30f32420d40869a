import { readFileSync } from 'node:fs';
import { marks } from '../display/marks.ts';
import { HATCHING } from './bars.ts';
import { cellsView } from './cells-view.ts';
import { commandLine, titleOf, toneOf } from './elements.ts';
import { environmentSection } from './environment-section.ts';
import { explainView } from './explain-view.ts';
import type { ReportFacts } from './facts.ts';
import { Html, html } from './html.ts';
import { mapView } from './map-view.ts';
import { paceSection } from './pace-section.ts';
import { planView } from './plan-view.ts';
import { repairView } from './repair-view.ts';
import { retriesSection } from './retries-section.ts';
import { undoView } from './undo-view.ts';
import { unfinishedView } from './unfinished-view.ts';
import { usageSection } from './usage-section.ts';
import { verifyView } from './verify-view.ts';
import type { Action, View } from './view.ts';

/** Nothing is loaded and nothing runs: a report that is passed on cannot tell anybody that it was opened. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** Renders the report as one page that needs nothing else. */
export function renderHtmlReport(facts: ReportFacts): string {
  const view = viewOf(facts);
  const { status, headline } = view;
  const title = headline === '' ? titleOf(status) : `${titleOf(status)}: ${headline}`;
  const style = readFileSync(new URL('./style.css', import.meta.url), 'utf8');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="cellmap ${facts.software.cellmap}">
<title>${title} · ${facts.run || `cellmap ${facts.mode}`}</title>
<link rel="icon" href="data:,">
<style>
${new Html(style)}</style>
</head>
<body>
${HATCHING}
<header><p class="product">cellmap <span>${facts.mode}</span></p><p class="run">${facts.run !== '' && html`${facts.run}<br>`}${facts.where}</p></header>
<main>
<section class="verdict ${toneOf(status)}" aria-labelledby="verdict">
<span class="sign" aria-hidden="true">${status === 'running' ? '•' : marks[status].sign}</span>
<div><h1 id="verdict"><span class="status">${titleOf(status)}</span>${headline !== '' && html` <span class="headline">${headline}</span>`}</h1>
<p class="meaning">${view.meaning}</p>${view.summary !== '' && html`<p class="summary">${view.summary}</p>`}</div>
</section>
<dl class="figures">${view.figures.map(({ name, value, tone = 'calm' }) => html`<div class="${tone}"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${view.actions.length > 0 && html`<section aria-labelledby="next"><h2 id="next">What to do next</h2>${view.actions.map(actionOf)}</section>`}
${view.sections}${paceSection(facts)}${retriesSection(facts)}${usageSection(facts)}${environmentSection(facts)}</main>
<footer><p>Written by cellmap ${facts.software.cellmap} from the result document and the histories of the run. The document itself is JSON: <code>--json</code> prints it.</p></footer>
</body>
</html>
`.text;
}

function viewOf(facts: ReportFacts): View {
  const { document } = facts;
  if (document === null) return unfinishedView(facts);
  switch (document.mode) {
    case 'cells':
      return cellsView(document, facts);
    case 'plan':
      return planView(document, facts);
    case 'verify':
      return verifyView(document, facts);
    case 'repair':
      return repairView(document, facts);
    case 'explain':
      return explainView(document, facts);
    case 'undo':
      return undoView(document, facts);
    default:
      return mapView(document, facts);
  }
}

function actionOf({ tone, title, text, examples, commands }: Action): Html {
  return html`<article class="action ${tone}">
<h3>${title}</h3>
<p>${text}</p>
${examples}${commands.length > 0 && html`<div class="steps">${commands.map(({ what, command }) => html`<p>${what}</p>${commandLine(command)}`)}</div>`}
</article>
`;
}
