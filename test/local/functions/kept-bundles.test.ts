import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { functionFacts, functionNames } from '../../../contract/bundling.ts';
import { bundleSources, bundlesOfCheckout, fingerprintOf } from '../../../local/functions/kept-bundles.ts';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

describe('the bundles of a checkout', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cellmap-kept-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are made once, also by two who need them at the same time, and those of long ago are removed', async () => {
    const store = join(folder, 'store');
    const temporary = join(folder, 'not-needed');
    const longAgo = join(store, 'of-long-ago');
    const lately = join(store, 'of-yesterday');
    for (const [place, days] of [
      [longAgo, 8],
      [lately, 1],
    ] as const) {
      mkdirSync(place, { recursive: true });
      const used = new Date(Date.now() - days * 86_400_000);
      utimesSync(place, used, used);
    }
    const [one, other] = await Promise.all([bundlesOfCheckout(temporary, store), bundlesOfCheckout(temporary, store)]);
    expect(other).toEqual(one);
    const made = functionNames.map((name) => statSync(one.functions[name]).mtimeMs);
    const place = dirname(one.runtime);
    const before = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(place, before, before);

    expect(await bundlesOfCheckout(temporary, store)).toEqual(one);
    expect(functionNames.map((name) => statSync(one.functions[name]).mtimeMs)).toEqual(made);
    // So that they are not removed while somebody uses them.
    expect(statSync(place).mtimeMs).toBeGreaterThan(before.getTime());
    expect(readdirSync(store).map((name) => join(store, name))).toEqual(expect.arrayContaining([lately, place]));
    expect(readdirSync(store)).toHaveLength(2);
    expect(readdirSync(folder)).toEqual(['store']);
  });

  it('are made in a folder of the run where nothing can be kept', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const temporary = join(folder, 'run');
    const { runtime } = await bundlesOfCheckout(temporary, join(file, 'store'));
    expect(dirname(runtime)).toBe(temporary);
    expect(statSync(runtime).isFile()).toBe(true);
  });

  it('have a name that changes with every file that goes into them', async () => {
    const { metafile } = await build({
      absWorkingDir: CHECKOUT,
      entryPoints: [...functionNames.map((name) => functionFacts[name].entry), 'local/functions/runtime.ts'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      outdir: join(folder, 'unwritten'),
      write: false,
      metafile: true,
    });
    const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
    const isKnown = (path: string) => bundleSources.folders.some((known) => path.startsWith(`${known}/`));
    expect(sources.filter((path) => !isKnown(path))).toEqual([]);

    const checkout = join(folder, 'checkout');
    const files = [...bundleSources.folders.map((known) => join(known, 'deep/source.ts')), bundleSources.packages];
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      writeFileSync(join(checkout, path), text);
    };
    for (const path of files) write(path, 'one');
    const names = [await fingerprintOf(checkout)];
    for (const path of files) {
      write(path, 'two');
      names.push(await fingerprintOf(checkout));
    }
    write('functions/another.ts', '');
    names.push(await fingerprintOf(checkout));
    expect(new Set(names).size).toBe(files.length + 2);
    expect(await fingerprintOf(checkout)).toBe(names.at(-1));
  });
});
