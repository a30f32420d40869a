import { formatDuration } from '../display/text.ts';

/** A text that begins as a sentence does. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A moment of the run, from its beginning. */
export function moment(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  return milliseconds % 1_000 === 0 || milliseconds > 60_000
    ? formatDuration(milliseconds).replace(/ 00 \w+$/, '')
    : `${(milliseconds / 1_000).toFixed(milliseconds < 1_000 ? 2 : 1)} s`;
}
