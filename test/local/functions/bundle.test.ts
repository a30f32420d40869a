import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { functionNames } from '../../../contract/bundling.ts';
import { bundleFunctions } from '../../../local/functions/bundle.ts';
import { startFunctions } from '../../../local/functions/pool.ts';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const everyFunction = (file: string) => Object.fromEntries(functionNames.map((name) => [name, fixture(file)]));

describe('bundleFunctions', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cellmap-bundles-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('makes a bundle of each function, and a runtime, that run outside the repository', async () => {
    const bundles = await bundleFunctions(directory, everyFunction('commonjs.ts'));
    const functions = startFunctions({
      runtime: bundles.runtime,
      functions: functionNames.map((name) => ({
        arn: name,
        name,
        file: bundles.functions[name],
        timeoutSeconds: 30,
        memoryMb: 256,
        environment: {},
      })),
    });
    try {
      for (const name of functionNames) {
        const outcome = await functions.invoke(name, JSON.stringify({ name }), new AbortController().signal);
        expect(outcome).toEqual({ ok: true, payload: JSON.stringify(name) });
      }
    } finally {
      await functions.close();
    }
  });

  it('names the file that cannot be bundled', async () => {
    await expect(bundleFunctions(directory, everyFunction('absent.ts'))).rejects.toThrow(/absent\.ts/);
  });
});
