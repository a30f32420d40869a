import type { Mode } from '../../contract/payloads.ts';
import type { Part } from './bars.ts';
import type { Measure } from './turns.ts';

/** What is drawn: which numbers, what they are called, and in which colour. */
export interface Series {
  measure: Measure;
  name: string;
  kind: Part['kind'];
}

/** What is drawn of a run of each mode; the others have no pace. */
export const seriesOf: Partial<Record<Mode, { title: string; unit: string; series: readonly Series[] }>> = {
  map: {
    title: 'Instances a second',
    unit: 'instances a second',
    series: [
      { measure: 'read', name: 'read', kind: 'right' },
      { measure: 'mapped', name: 'of these mapped', kind: 'fresh' },
    ],
  },
  plan: {
    title: 'Instances a second',
    unit: 'instances a second',
    series: [{ measure: 'read', name: 'read', kind: 'right' }],
  },
  verify: verifying(),
  repair: verifying(),
};

/** While rows are digested it is not known how many there are, but how many ids are done. */
function verifying(): { title: string; unit: string; series: readonly Series[] } {
  return {
    title: 'Ids a second',
    unit: 'ids digested a second',
    series: [
      { measure: 'instanceIds', name: "ids of the cells' instances", kind: 'right' },
      { measure: 'mappingIds', name: 'ids of instance_mappings', kind: 'fresh' },
    ],
  };
}
