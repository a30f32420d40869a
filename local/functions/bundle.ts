import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { bundling, type FunctionName, functionFacts, functionNames } from '../../contract/bundling.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const RUNTIME = 'local/functions/runtime.ts';

/** The files that run the functions on this computer. */
export interface Bundles {
  /** The program of an environment, see runtime.ts. As TypeScript it would start 30 ms later and take 17 MB more. */
  runtime: string;
  /** Each function's bundle, as it is deployed. */
  functions: Record<FunctionName, string>;
  /** The folder in which Node keeps what it has compiled of them. */
  compiled: string;
}

/**
 * Bundles every function into a folder of its own under `directory`, just as CDK does for AWS, and the runtime beside
 * them.
 * @param entries other source files for the functions (absolute), for tests
 */
export async function bundleFunctions(
  directory: string,
  entries: Partial<Record<FunctionName, string>> = {},
): Promise<Bundles> {
  const { file, banner, external, mainFields, ...shared } = bundling;
  const options: BuildOptions = {
    ...shared,
    mainFields: [...mainFields],
    external: [...external],
    absWorkingDir: REPOSITORY,
    bundle: true,
    logLevel: 'silent',
    outdir: directory,
    outExtension: { '.js': '.mjs' },
  };
  const out = file.replace(/\.mjs$/, '');
  const entryPoints = functionNames.map((name) => ({
    in: entries[name] ?? functionFacts[name].entry,
    out: `${name}/${out}`,
  }));
  await build({ ...options, entryPoints, banner: { js: banner } });
  await build({ ...options, entryPoints: [{ in: RUNTIME, out: 'runtime' }] });
  return bundlesIn(directory);
}

/** Where {@link bundleFunctions} has left everything. */
export function bundlesIn(directory: string): Bundles {
  const files = functionNames.map((name) => [name, join(directory, name, bundling.file)]);
  return {
    runtime: join(directory, 'runtime.mjs'),
    functions: Object.fromEntries(files) as Bundles['functions'],
    compiled: join(directory, 'compiled'),
  };
}
