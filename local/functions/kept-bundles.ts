import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundles, bundleFunctions, bundlesIn } from './bundle.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** Beside the packages of a checkout, where `npm ci` removes it with them. */
const STORE = join(CHECKOUT, 'node_modules/.cache/cellmap');

/** All that bundles are made of: the folders of their sources, and what says which packages are installed. */
export const bundleSources = {
  folders: ['contract', 'data-api', 'domain', 'functions', 'local/functions'],
  packages: 'package-lock.json',
} as const;

/** Bundles of other states of the sources are removed when nobody has used them for so long. */
const UNUSED_MS = 7 * 24 * 3_600_000;

/**
 * The bundles of the checkout as it stands. To make them takes some seconds, so they are kept under a name that is
 * theirs alone: any change of a source or of a package's version gives another. An edited package is not noticed.
 * @param temporary a folder of the caller's own, for where nothing can be kept
 * @param store where they are kept; another one for tests
 */
export async function bundlesOfCheckout(temporary: string, store = STORE): Promise<Bundles> {
  const place = join(store, await fingerprintOf(CHECKOUT));
  if (!(await isThere(place)) && !(await make(place, store))) return bundleFunctions(temporary);
  const now = new Date();
  // Only its owner may.
  await utimes(place, now, now).catch(() => {});
  return bundlesIn(place);
}

async function isThere(place: string): Promise<boolean> {
  return access(bundlesIn(place).runtime).then(
    () => true,
    () => false,
  );
}

/** Makes them aside first, so that nobody finds half of them. Returns whether they are there now. */
async function make(place: string, store: string): Promise<boolean> {
  const aside = `${place}.${randomUUID()}`;
  try {
    await mkdir(aside, { recursive: true });
    await bundleFunctions(aside);
    await rename(aside, place);
    await removeUnused(store);
    return true;
  } catch {
    // Somebody else was faster, or nothing can be written here; what is wrong with the sources is said by the caller's.
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    return isThere(place);
  }
}

async function removeUnused(store: string): Promise<void> {
  for (const name of await readdir(store)) {
    const place = join(store, name);
    const { mtimeMs } = await stat(place);
    if (Date.now() - mtimeMs > UNUSED_MS) await rm(place, { recursive: true, force: true });
  }
}

/** A name for what the bundles of a checkout are made of. */
export async function fingerprintOf(checkout: string): Promise<string> {
  const files: string[] = [bundleSources.packages];
  for (const folder of bundleSources.folders) {
    const names = await readdir(join(checkout, folder), { recursive: true });
    files.push(...names.filter((name) => /\.(ts|json)$/.test(name)).map((name) => join(folder, name)));
  }
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const text = await readFile(join(checkout, file));
    hash.update(`${file}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex').slice(0, 32);
}
