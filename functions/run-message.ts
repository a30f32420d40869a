import { metricNames } from '../contract/metrics.ts';
import type { Settings } from '../contract/payloads.ts';
import { cellLabel } from '../domain/cell.ts';
import { classes, classNames } from '../domain/classification.ts';
import { totalsOf } from '../domain/counts.ts';
import type { ClassCounts } from '../domain/examine.ts';
import type { CellResult, CellsResult, PlanResult, RunResult } from '../domain/result.ts';
import type { ExplainResult, UndoResult, VerifyResult } from '../domain/verification-result.ts';

/** The result document of a run of any mode. */
export type Document = RunResult | PlanResult | CellsResult | VerifyResult | ExplainResult | UndoResult;

/** How many cells a message names. */
const CELLS_NAMED = 5;

/** How long a cell's name may be in a message; the column holds 255 characters. */
const LONGEST_NAME = 60;

/** The counts of something, each with a name for people; zeros left out. */
type Kinds = [kind: string, number: number][];

/** What needs a look, and in which cells; null where nothing does, or where an error says all there is to say. */
export function messageOf(document: Document): string | null {
  if (document.status !== 'needs-attention') return null;
  const parts = partsOf(document);
  if (parts.length === 0) return 'The run is done, but something needs a look: its report says what.';
  const named = parts.slice(0, CELLS_NAMED).map(({ name, kinds }) => {
    const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
    return `${short}: ${kinds.map(([kind, number]) => `${number.toLocaleString('en')} ${kind}`).join(', ')}`;
  });
  const more = parts.length > named.length ? `; and ${parts.length - named.length} more` : '';
  return `The run is done, but something needs a look. ${named.join('; ')}${more}.`;
}

/** What is published of a run: the alarms go by it. */
export function measuresOf(settings: Pick<Settings, 'everyCell'>, document: Document) {
  if (document.mode !== 'map' && document.mode !== 'verify') return [];
  const value = partsOf(document)
    .flatMap(({ kinds }) => kinds)
    .reduce((sum, [, number]) => sum + number, 0);
  // A run over some cells, or one that failed, says nothing of the others: only the whole takes an alarm back.
  if (value === 0 && !(document.status === 'complete' && settings.everyCell)) return [];
  return [{ name: document.mode === 'map' ? metricNames.needsAttention : metricNames.drift, value }];
}

/** The cells, and the mappings without one, in which something needs a look. */
function partsOf(document: Document): { name: string; kinds: Kinds }[] {
  const parts: { name: string; kinds: Kinds }[] = [];
  if (document.mode === 'map' || document.mode === 'plan') {
    for (const cell of document.cells) parts.push({ name: cellLabel(cell), kinds: mappingKinds(cell) });
  }
  if (document.mode === 'verify' || document.mode === 'repair') {
    for (const cell of document.cells) parts.push({ name: cellLabel(cell), kinds: classKinds(cell.classes) });
    parts.push({ name: 'mappings without a cell', kinds: classKinds(document.withoutCell.classes) });
  }
  return parts.filter(({ kinds }) => kinds.length > 0);
}

function mappingKinds(cell: CellResult): Kinds {
  const { conflicts, wrongDetails } = cell;
  const kinds: Kinds = [
    ['otherCell', conflicts.otherCell],
    ['noCell', conflicts.noCell],
    ['wrongDetails', wrongDetails],
    ['setAside', totalsOf(cell).setAside],
  ];
  return kinds.filter(([, number]) => number > 0);
}

function classKinds(counts: ClassCounts): Kinds {
  return classNames.filter((name) => !classes[name].allowed && counts[name] > 0).map((name) => [name, counts[name]]);
}
