import type { Mode } from '../../contract/payloads.ts';
import type { Part } from './bars.ts';
import type { Measure } from './turns.ts';

/** What is drawn: which numbers, what they are called, and in which colour. */
export interface Series {
  measure: Measure;
  name: string;
  kind: Part['kind'];
}

/** While rows are digested it is not known how many there are, but how many ids are done. */
const passedOver: Series = { measure: 'passedOver', name: 'ids passed over by digests', kind: 'pending' };

const verifying = {
  title: 'Ids a second',
  series: [
    { measure: 'instanceIds', name: "ids of the cells' instances", kind: 'right' },
    { measure: 'mappingIds', name: 'ids of instance_mappings', kind: 'fresh' },
  ],
} as const;

/** What is drawn of a run of each mode, the first one behind the others; some modes have no pace. */
export const seriesOf: Partial<Record<Mode, { title: string; series: readonly Series[] }>> = {
  map: {
    title: 'Instances a second',
    series: [
      passedOver,
      { measure: 'read', name: 'instances read', kind: 'right' },
      { measure: 'mapped', name: 'of these mapped', kind: 'fresh' },
    ],
  },
  plan: {
    title: 'Instances a second',
    series: [passedOver, { measure: 'read', name: 'instances read', kind: 'right' }],
  },
  verify: verifying,
  repair: verifying,
};
