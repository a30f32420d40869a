import type { Problem } from '../../domain/sample.ts';

/** What each problem means to a person. Mapping leaves all of them as they are. */
export const problemMeanings: Readonly<Record<Problem, string>> = {
  otherCell: 'mapped to another cell. Find out in which cell it really runs; the other row is left over.',
  noCell: 'its mapping has no cell and no build is in flight, so Nova does not find it.',
  refused: 'instance_mappings does not take it for what is in it; the reason is beside each.',
  noProject: 'its row has no project_id, without which it cannot be mapped.',
  wrongDetails: 'mapped to this cell, but project, user or queued_for_delete differ from its row.',
};
