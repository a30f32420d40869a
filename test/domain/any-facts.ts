import fc from 'fast-check';
import { type Facts, type InstanceFacts, NOVA_MARKER } from '../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import { mapping } from './verified-stores.ts';

const uuid = mapping(7).instanceUuid;
const cells = ['cell1', 'cell2', 'cell3'];
const seldom = { freq: 8 };

/** A row of an instance in one of three cells. */
export function anyInstance(): fc.Arbitrary<InstanceFacts> {
  return fc.record({
    cell: fc.constantFrom(...cells),
    projectId: fc.option(fc.constantFrom('p1', 'p2'), seldom),
    userId: fc.option(fc.constantFrom('u1', ''), seldom),
    hidden: fc.boolean(),
    gone: fc.boolean(),
    deleting: fc.boolean(),
  });
}

/** Anything that can be found out about a uuid; only cells 1 to 3 have instances, and a mapping may point to a fourth. */
export function anyFacts(): fc.Arbitrary<Facts> {
  const anyMapping = fc.record({
    cellId: fc.option(fc.constantFrom(1, 2, 3, 4)),
    projectId: fc.constantFrom('p1', 'p1', 'p2', 'P1', NOVA_MARKER),
    userId: fc.option(fc.constantFrom('u1', ''), seldom),
    queuedForDelete: fc.option(fc.boolean()),
    updatedAt: fc.option(fc.constant('2026-02-02 00:00:00')),
  });
  return fc
    .record({
      uuid: fc.oneof(
        { weight: 20, arbitrary: fc.constant(uuid) },
        { weight: 1, arbitrary: fc.constant(PLACEHOLDER_UUID) },
      ),
      parts: fc.option(anyMapping, { freq: 5 }),
      buildRequest: fc.boolean(),
      instances: fc.uniqueArray(anyInstance(), { selector: ({ cell }) => cell, maxLength: 3 }),
      everyCellRead: fc.boolean(),
    })
    .map(({ parts, ...rest }) => ({
      ...rest,
      mapping: parts === null ? null : mapping(7, { ...parts, instanceUuid: rest.uuid }),
      mappedTo: parts?.cellId ? `cell${parts.cellId}` : null,
    }));
}
