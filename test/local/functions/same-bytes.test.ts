import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundling, deployedNames, functionNames } from '../../../contract/bundling.ts';
import { bundlesOfCheckout } from '../../../local/functions/kept-bundles.ts';
import { newApp, newStack } from '../../lib/example-stack.ts';

describe('the bundles of the local run and of the stack', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cellmap-bytes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are the same, byte for byte', async () => {
    const outdir = join(folder, 'cdk.out');
    const app = newApp({ outdir, bundled: true });
    newStack(app);
    app.synth();
    const deployed = readdirSync(outdir)
      .filter((name) => name.startsWith('asset.'))
      .map((name) => digest(join(outdir, name, bundling.file)));

    const local = await bundlesOfCheckout(join(folder, 'local'));
    const here = functionNames.map((name) => digest(local.functions[name]));
    expect(here.filter((bundle) => !deployed.includes(bundle))).toEqual([]);
    // The announcer is deployed alone.
    expect(new Set(deployed).size).toBe(deployedNames.length);
  });
});

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
