import { createLogUpdate } from 'log-update';
import type { ProgressView } from '../follow.ts';
import type { RunProgress } from '../progress.ts';
import { hasColours, type Terminal } from '../terminal.ts';
import { render } from './render.ts';

/** Ten pictures a second look alive; more would only flicker. */
const FRAME_MS = 100;

/** Draws the run over and over in the same place of a terminal. */
export function liveView({ stderr, env }: Terminal): ProgressView {
  const update = createLogUpdate(stderr as NodeJS.WriteStream);
  const colours = hasColours(stderr, env);
  let timer: NodeJS.Timeout | undefined;
  let draw = () => {};
  return {
    begin: (progress: RunProgress) => {
      // The terminal may be resized meanwhile. Its last line and column are left free: filling them makes it scroll.
      const canvas = () => ({ width: (stderr.columns ?? 80) - 1, height: (stderr.rows ?? 24) - 1, colours });
      draw = () => update(render(progress, canvas(), Date.now()).join('\n'));
      draw();
      timer = setInterval(draw, FRAME_MS);
    },
    changed: () => {},
    end: () => {
      clearInterval(timer);
      draw();
      update.done();
      stderr.write('\n');
    },
  };
}
