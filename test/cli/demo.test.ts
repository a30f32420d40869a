import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { addsUp } from '../../domain/counts.ts';
import type { RunResult } from '../../domain/result.ts';

const bin = fileURLToPath(new URL('../../bin/cellmap.js', import.meta.url));

const startDemo = (...args: string[]) =>
  spawn(process.execPath, [bin, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** The port of the demo's PostgreSQL, as it is told when the run begins. */
async function portIn(stderr: AsyncIterable<Buffer>): Promise<number> {
  let written = '';
  for await (const chunk of stderr) {
    written += chunk.toString();
    const port = /Mapping the cells of 127\.0\.0\.1:(\d+)/.exec(written)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The demo did not begin: ${written}`);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the demo', () => {
  it('maps its cloud, and exits with 0 although the cloud has conflicts on purpose', async () => {
    const demo = startDemo('--json', '--no-progress');
    const [stdout, stderr, [exitCode]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, 'close')]);
    expect([exitCode, stderr]).toEqual([0, '']);
    const { status, totals, cells } = JSON.parse(stdout) as RunResult;
    expect(status).toBe('needs-attention');
    expect(cells.map(({ name }) => name)).toEqual(['cell0', 'cell1', 'cell2']);
    expect(totals.mapped).toBeGreaterThan(50_000);
    expect(addsUp(totals)).toBe(true);
  });

  it('ends with everything that it started on SIGINT, and exits with 130', async () => {
    const demo = startDemo();
    const ended = once(demo, 'close');
    demo.stdout.resume();
    const port = await portIn(demo.stderr.iterator({ destroyOnReturn: false }));
    demo.stderr.resume();
    expect(await answers(port)).toBe(true);
    demo.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await answers(port)).toBe(false);
  });
});
