/**
 * Shares the writers on the API database out to cells at once and ranges at once in a cell, so that their product
 * never exceeds `writers`.
 */
export function shareWriters(writers: number, cells: number): { cellsAtOnce: number; rangesAtOnce: number } {
  const cellsAtOnce = Math.max(1, Math.min(writers, cells));
  return { cellsAtOnce, rangesAtOnce: Math.max(1, Math.floor(writers / cellsAtOnce)) };
}
