import { definitions, section } from './elements.ts';
import type { ReportFacts } from './facts.ts';
import { type Html, html } from './html.ts';

/** Where the run was, what it went by, and with what: enough to tell it from another one. */
export function environmentSection(facts: ReportFacts): Html {
  const { run, mode, where, stateMachineArn, execution, software, writtenAtMs, document, reporting } = facts;
  const startedAtMs = execution?.startedAtMs ?? (document === null ? null : Date.parse(document.startedAt));
  const endedAtMs = execution?.endedAtMs ?? null;
  return section(
    'environment',
    'Environment',
    definitions([
      ['run', run === '' ? '' : html`<code>${run}</code>`],
      ['mode', mode],
      ['where', where],
      // A machine on this computer is in no region, whatever its ARN says.
      ['region', reporting.where.local ? '' : (stateMachineArn.split(':')[3] ?? '')],
      ['state machine', stateMachineArn === '' ? '' : html`<code>${stateMachineArn}</code>`],
      ['started', startedAtMs === null ? '' : timestamp(startedAtMs)],
      ['ended', endedAtMs === null ? '' : timestamp(endedAtMs)],
      ['cellmap', software.cellmap],
      ['Node.js', `${software.node} on ${software.platform}`],
      ['report written', timestamp(writtenAtMs)],
    ]),
    html`<h3>Settings</h3>`,
    definitions(settingsOf(facts)),
  );
}

function settingsOf({ settings, execution, mode }: ReportFacts): (readonly [string, string])[] {
  const input = execution?.input ?? {};
  const writers = settings?.writers ?? input.writers;
  const pageSize = settings?.pageSize ?? input.pageSize;
  const { maxCount, cells, classes, uuid, apply } = input;
  const isVerifying = mode === 'verify' || mode === 'repair';
  return [
    ['cells', cells === undefined ? 'all' : cells.join(', ')],
    ['writers', number(writers)],
    ['page size', number(pageSize)],
    ['share of the time', settings === null ? '' : `${Math.round(settings.load * 100)} %`],
    ['a statement takes', settings === null ? '' : `${number(settings.statementMs)} ms`],
    ['cells at once', number(settings?.cellsAtOnce)],
    ['ranges of a cell at once', number(settings?.rangesAtOnce)],
    ['most instances a cell', number(maxCount)],
    ['second look after', isVerifying && settings !== null ? `${settings.secondLookSeconds} s` : ''],
    ['classes', (classes ?? []).join(', ')],
    ['makes the changes', mode === 'repair' ? (apply ? 'yes' : 'no, a dry run') : ''],
    ['instance', uuid ?? ''],
  ];
}

function number(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en-US');
}

/** UTC, as in the result document and the console's history. */
function timestamp(milliseconds: number): Html {
  const iso = new Date(milliseconds).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}
