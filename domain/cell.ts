/** The uuid of cell0, which holds the instances that never reached a host (Nova's CellMapping.CELL0_UUID). */
export const CELL0_UUID = '00000000-0000-0000-0000-000000000000';

/** A row of `cell_mappings`, without what is secret in it. */
export interface Cell {
  /** `cell_mappings.id`: what `instance_mappings.cell_id` refers to. */
  id: number;
  uuid: string;
  /** Nova lets a cell go without a name. */
  name: string | null;
  disabled: boolean;
}

/** How people are told of a cell: by its name, or by its uuid where it has none. */
export function cellLabel(cell: Pick<Cell, 'name' | 'uuid'>): string {
  return cell.name === null || cell.name === '' ? cell.uuid : cell.name;
}

/** The cells that a person chose, or why the choice cannot be followed. */
export type CellChoice<C extends Cell> =
  | { kind: 'chosen'; cells: C[] }
  | { kind: 'unknown'; wanted: string }
  | { kind: 'ambiguous'; wanted: string; cells: C[] };

/**
 * Finds the cells that are named by uuid or by name; without names, all of them.
 *
 * A uuid wins over a name that looks like one, and its letter case does not matter. A cell that is named twice is
 * chosen once. The order is that of `all`.
 */
export function chooseCells<C extends Cell>(all: readonly C[], wanted: readonly string[] | null): CellChoice<C> {
  if (wanted === null) return { kind: 'chosen', cells: [...all] };
  const chosen = new Set<C>();
  for (const text of wanted) {
    const byUuid = all.find((cell) => cell.uuid.toLowerCase() === text.toLowerCase());
    const found = byUuid ? [byUuid] : all.filter((cell) => cell.name === text);
    const [cell] = found;
    if (cell === undefined) return { kind: 'unknown', wanted: text };
    if (found.length > 1) return { kind: 'ambiguous', wanted: text, cells: found };
    chosen.add(cell);
  }
  return { kind: 'chosen', cells: all.filter((cell) => chosen.has(cell)) };
}
