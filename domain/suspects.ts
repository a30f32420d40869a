/**
 * The uuids that a first look found not simply right, and where: as visible instances of a cell, or as mappings. The
 * second look decides about them.
 */
export interface Suspects {
  instances: string[];
  mappings: string[];
}

/** Where more than these were found, a turn hands over to the next: they are kept in memory. */
export const MOST_SUSPECTS_A_TURN = 40_000;

/** Suspects are worked in so many parts, side by side; all of one uuid come into the same, whatever cell has it. */
export const PARTS = 16;

/** The part of a uuid: its last hexadecimal digit, which is random in Nova's. */
export function partOf(uuid: string): number {
  return digitAt(uuid, -1) % PARTS;
}

/** A hexadecimal digit of a uuid; 0 for any other character, and where there is none. */
function digitAt(uuid: string, place: number): number {
  const digit = Number.parseInt(uuid.at(place) ?? '', 16);
  return Number.isNaN(digit) ? 0 : digit;
}

/** The most suspects that a function holds in memory: some 25 MiB. */
const MOST_SUSPECTS_HELD = 200_000;

/** Into so many slices a part is divided that has more than these. */
export const MOST_SLICES = 16;

/** In how many slices, one after the other, a part of so many suspects is worked. */
export function slicesFor(suspects: number): number {
  return suspects <= MOST_SUSPECTS_HELD ? 1 : MOST_SLICES;
}

/** Whether a uuid of a part is in a slice of it: by its last but one hexadecimal digit. */
export function isInSlice(uuid: string, { slice, slices }: { slice: number; slices: number }): boolean {
  return digitAt(uuid, -2) % slices === slice;
}

/** How many suspects each part has: none. */
export function noParts(): number[] {
  return Array.from({ length: PARTS }, () => 0);
}

/** Adds uuids to the numbers of their parts. */
export function countParts(uuids: readonly string[], before: readonly number[] = noParts()): number[] {
  const numbers = [...before];
  for (const uuid of uuids) numbers[partOf(uuid)] = (numbers[partOf(uuid)] ?? 0) + 1;
  return numbers;
}

/** Adds the numbers of parts up. */
export function addParts(lists: readonly (readonly number[])[]): number[] {
  return noParts().map((_, part) => lists.reduce((sum, numbers) => sum + (numbers[part] ?? 0), 0));
}

/** The suspects of each part that has some. */
export function splitSuspects({ instances, mappings }: Suspects): Map<number, Suspects> {
  const parts = new Map<number, Suspects>();
  const of = (uuid: string) => {
    const part = parts.get(partOf(uuid)) ?? { instances: [], mappings: [] };
    parts.set(partOf(uuid), part);
    return part;
  };
  for (const uuid of instances) of(uuid).instances.push(uuid);
  for (const uuid of mappings) of(uuid).mappings.push(uuid);
  return parts;
}
