import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { PLACEHOLDER_UUID } from '../../domain/instance.ts';
import type { InstanceRow, MappingRow } from '../servers/nova-database.ts';
import { type CellName, cells } from './cloud.ts';
import { type Contents, type GeneratedCloud, generatedClouds } from './generated-cloud.ts';

const cellNames = Object.keys(cells) as CellName[];

/** What a recipe makes of one uuid. */
interface Dish {
  /** Its rows in the cells. */
  instances?: Partial<Record<CellName, Partial<InstanceRow>>>;
  /** Its mapping. */
  mapping?: Partial<MappingRow> & { cell: CellName | null };
  buildRequest?: boolean;
}

/** How one uuid is right or wrong; `own` and `other` are two cells of the three. */
type Recipe = (own: CellName, other: CellName, number: number) => Dish;

/** Instances that Nova finds, with what it needs to know of them. */
const rightRecipes = {
  live: (own) => ({ instances: { [own]: {} }, mapping: { cell: own } }),
  deleted: (own, _, number) => ({
    instances: { [own]: { deleted: number + 1 } },
    mapping: { cell: own, queuedForDelete: true },
  }),
  softDeleted: (own) => ({
    instances: { [own]: { vmState: 'soft-delete' } },
    mapping: { cell: own, queuedForDelete: true },
  }),
  beingDeleted: (own, _, number) => ({
    instances: { [own]: { taskState: number % 2 === 0 ? 'deleting' : 'soft-deleting' } },
    mapping: { cell: own, queuedForDelete: number % 3 === 0 },
  }),
  withHiddenTwin: (own, other) => ({
    instances: { [own]: { hidden: null }, [other]: { hidden: true } },
    mapping: { cell: own },
  }),
  withoutUser: (own) => ({ instances: { [own]: { userId: null } }, mapping: { cell: own, userId: null } }),
} satisfies Record<string, Recipe>;

/** Rows of all other classes, and some that no class is about. */
const otherRecipes = {
  unmapped: (own) => ({ instances: { [own]: {} } }),
  unmappedWhileBuilding: (own) => ({ instances: { [own]: {} }, buildRequest: true }),
  inFlight: (own) => ({ instances: { [own]: {} }, mapping: { cell: null }, buildRequest: true }),
  inFlightNowhere: () => ({ mapping: { cell: null }, buildRequest: true }),
  inFlightToCell: (own) => ({ mapping: { cell: own }, buildRequest: true }),
  noCell: (own) => ({ instances: { [own]: {} }, mapping: { cell: null } }),
  otherCell: (own, other) => ({ instances: { [own]: {} }, mapping: { cell: other } }),
  otherCellAndHiddenThere: (own, other) => ({
    instances: { [own]: {}, [other]: { hidden: true } },
    mapping: { cell: other },
  }),
  inTwoCells: (own, other) => ({ instances: { [own]: {}, [other]: {} }, mapping: { cell: own } }),
  inTwoCellsUnmapped: (own, other) => ({ instances: { [own]: {}, [other]: {} } }),
  inTwoCellsMappedElsewhere: (own, other) => ({
    instances: { [own]: {}, [other]: { deleted: 1 } },
    mapping: { cell: thirdCell(own, other) },
  }),
  setAsideInOneOfTwo: (own, other) => ({
    instances: { [own]: {}, [other]: { projectId: null } },
    mapping: { cell: own },
  }),
  wrongProject: (own) => ({ instances: { [own]: {} }, mapping: { cell: own, projectId: 'another' } }),
  projectOfMarker: (own) => ({
    instances: { [own]: {} },
    mapping: { cell: own, projectId: 'INSTANCE_MIGRATION_MARKER' },
  }),
  wrongLetterCase: (own) => ({
    instances: { [own]: { projectId: 'project', userId: 'user' } },
    mapping: { cell: own, projectId: 'Project', userId: 'USER' },
  }),
  wrongUser: (own) => ({ instances: { [own]: { userId: null } }, mapping: { cell: own } }),
  userMissing: (own) => ({ instances: { [own]: {} }, mapping: { cell: own, userId: null } }),
  deletedAndCounted: (own, _, number) => ({
    instances: { [own]: { deleted: number + 1, taskState: 'deleting' } },
    mapping: { cell: own },
  }),
  liveAndNotCounted: (own) => ({ instances: { [own]: {} }, mapping: { cell: own, queuedForDelete: true } }),
  queuedUnknown: (own) => ({
    instances: { [own]: { taskState: 'deleting' } },
    mapping: { cell: own, queuedForDelete: null },
  }),
  setAside: (own) => ({ instances: { [own]: { projectId: null } } }),
  setAsideAndMapped: (own) => ({ instances: { [own]: { projectId: null } }, mapping: { cell: own } }),
  orphan: (own) => ({ mapping: { cell: own } }),
  orphanWithoutCell: () => ({ mapping: { cell: null } }),
  undecided: (own, other) => ({ instances: { [other]: { hidden: true } }, mapping: { cell: own } }),
  undecidedWithoutCell: (own) => ({ instances: { [own]: { hidden: true } }, mapping: { cell: null } }),
  hiddenWhereMapped: (own) => ({ instances: { [own]: { hidden: true } }, mapping: { cell: own } }),
  hiddenAndUnmapped: (own) => ({ instances: { [own]: { hidden: true } } }),
  marker: (own, _, number) => ({
    mapping: {
      cell: number % 4 === 0 ? own : null,
      projectId: 'INSTANCE_MIGRATION_MARKER',
      userId: 'INSTANCE_MIGRATION_MARKER',
    },
  }),
} satisfies Record<string, Recipe>;

/** What is not right, and is left alone by a repair because Nova's API is still building it. */
const buildingRecipes = {
  otherCellWhileBuilding: (own, other) => ({ ...otherRecipes.otherCell(own, other), buildRequest: true }),
  wrongProjectWhileBuilding: (own) => ({ ...otherRecipes.wrongProject(own), buildRequest: true }),
} satisfies Record<string, Recipe>;

/** The names of all recipes for what is not simply right. */
export type RecipeName = keyof typeof otherRecipes | keyof typeof buildingRecipes;

const recipes: Record<string, Recipe> = { ...otherRecipes, ...buildingRecipes };

/** How a cloud is to be made. */
export interface CloudOrder {
  /** Uuids that are right. */
  right: number;
  /** Of them, Nova is deleting some, whose digests may differ. */
  deleting?: boolean;
  /** Uuids of each recipe. */
  each: number;
  /** All recipes, unless some are named. */
  only?: readonly RecipeName[];
  /** Recipes to leave out. */
  without?: readonly RecipeName[];
}

/** A cloud with uuids of every recipe, spread over the three cells; always the same for the same order. */
export function cloudOfEveryClass({ right, deleting = true, each, only, without = [] }: CloudOrder): Contents {
  const contents: Contents = { instances: { cell0: [], cell1: [], cell2: [] }, mappings: [], buildRequests: [] };
  const names = (only ?? Object.keys(recipes)).filter((name) => !without.includes(name as RecipeName));
  const { beingDeleted, ...settled } = rightRecipes;
  const rights: Recipe[] = Object.values(deleting ? { ...settled, beingDeleted } : settled);
  let number = 0;
  const add = (recipe: Recipe, ofRecipe: number, isMarker = false) => {
    const own = cellNames[ofRecipe % 3] as CellName;
    const other = cellNames[(ofRecipe + 1 + (Math.floor(ofRecipe / 3) % 2)) % 3] as CellName;
    serve(
      contents,
      recipe(own, other, ofRecipe),
      isMarker ? scattered(number).replaceAll('-', ' ') : scattered(number),
    );
    number += 1;
  };
  for (let index = 0; index < right; index += 1) {
    // Most are simply live.
    add(rights[index % 3 === 0 ? Math.floor(index / 3) % rights.length : 0] as Recipe, index);
  }
  for (const name of names) {
    for (let index = 0; index < each; index += 1) add(recipes[name] as Recipe, index, name === 'marker');
  }
  if (each > 0 && names.includes('marker')) addPlaceholders(contents);
  return shuffled(contents);
}

function thirdCell(one: CellName, other: CellName): CellName {
  return cellNames.find((name) => name !== one && name !== other) as CellName;
}

const PROJECTS = 40;

function serve(contents: Contents, { instances = {}, mapping, buildRequest }: Dish, uuid: string): void {
  const digits = createHash('sha256').update(uuid).digest();
  const details = { projectId: `project-${(digits[0] as number) % PROJECTS}`, userId: `user-${digits[1]}` };
  for (const [cell, parts] of Object.entries(instances) as [CellName, Partial<InstanceRow>][]) {
    contents.instances[cell].push({ ...AN_INSTANCE, id: 0, uuid, ...details, ...parts });
  }
  if (mapping !== undefined) {
    const { cell, ...parts } = mapping;
    const cellId = cell === null ? null : cells[cell].id;
    contents.mappings.push({ instanceUuid: uuid, cellId, ...details, queuedForDelete: false, ...parts });
  }
  if (buildRequest) contents.buildRequests.push(uuid);
}

const AN_INSTANCE = {
  projectId: null,
  userId: null,
  deleted: 0,
  vmState: 'active',
  hidden: false,
  createdAt: '2024-05-06 07:08:09',
  taskState: null,
};

/** The all-zero instance that an old migration left, and what nova-manage made of it. */
function addPlaceholders({ instances, mappings }: Contents): void {
  const parts = { uuid: PLACEHOLDER_UUID, projectId: PLACEHOLDER_UUID, deleted: 1 };
  for (const cell of cellNames) instances[cell].push({ ...AN_INSTANCE, id: 0, ...parts });
  const projectId = PLACEHOLDER_UUID;
  mappings.push({
    instanceUuid: PLACEHOLDER_UUID,
    cellId: cells.cell0.id,
    projectId,
    userId: null,
    queuedForDelete: false,
  });
}

/** The rows in an order that has nothing to do with their kinds, with ids that leave gaps now and then. */
function shuffled({ instances, mappings, buildRequests }: Contents): Contents {
  const order = (key: string) => createHash('sha256').update(key).digest('hex');
  const mixed = <Row>(rows: readonly Row[], key: (row: Row) => string) =>
    rows
      .map((row): [string, Row] => [order(key(row)), row])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row);
  let id = 0;
  const numbered = (rows: readonly InstanceRow[]) => {
    id = 0;
    return mixed(rows, ({ uuid }) => uuid).map((row, index) => {
      id += index % 50 === 49 ? 30 : 1;
      return { ...row, id };
    });
  };
  return {
    instances: {
      cell0: numbered(instances.cell0),
      cell1: numbered(instances.cell1),
      cell2: numbered(instances.cell2),
    },
    mappings: mixed(mappings, ({ instanceUuid }) => `mapping ${instanceUuid}`),
    buildRequests,
  };
}

/** The n-th uuid of a series that looks random, but that the last digit goes round: so parts are filled evenly. */
export function scattered(number: number | string): string {
  const hex = createHash('sha256').update(`uuid ${number}`).digest('hex');
  const last = typeof number === 'number' ? (number % 16).toString(16) : hex[31];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 31) + last,
  ].join('-');
}

/** Small clouds with rows and mappings of every kind, whose uuids look random, so that they fall into many buckets. */
export const scatteredClouds: fc.Arbitrary<GeneratedCloud> = fc
  .tuple(generatedClouds, fc.constantFrom<CellName | null | 'none'>('none', null, 'cell0', 'cell2'))
  .map(([{ pageSize, writers, instances, mappings, buildRequests }, placeholder]) => {
    const known = (uuid: string) => (/^[0-]+$|\s/.test(uuid) ? uuid : scattered(uuid.toLowerCase()));
    const moved = (uuid: string) => (uuid === uuid.toLowerCase() ? known(uuid) : known(uuid).toUpperCase());
    const rows = (cell: CellName) => instances[cell].map((row) => ({ ...row, uuid: moved(row.uuid) }));
    const placeholders = placeholder === 'none' ? [] : [placeholderMapping(placeholder)];
    return {
      pageSize,
      writers,
      instances: { cell0: rows('cell0'), cell1: rows('cell1'), cell2: rows('cell2') },
      mappings: [...mappings.map((row) => ({ ...row, instanceUuid: moved(row.instanceUuid) })), ...placeholders],
      buildRequests: buildRequests.map(moved),
    };
  });

function placeholderMapping(cell: CellName | null): MappingRow {
  const cellId = cell === null ? null : cells[cell].id;
  const [instanceUuid, projectId] = [PLACEHOLDER_UUID, PLACEHOLDER_UUID];
  return { instanceUuid, cellId, projectId, userId: null, queuedForDelete: false };
}
