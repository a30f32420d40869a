import { describe } from '@jest/globals';
import { missingPackages } from './nova-manage.ts';

/** `describe` for tests that need the real Nova: skipped with a loud line where it is not installed, failed in CI. */
export function describeNova(name: string, tests: () => void): void {
  const missing = missingPackages();
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const remedy = `apt-get install ${missing.join(' ')}`;
  if (process.env.CI) throw new Error(`The real Nova is missing: CI must ${remedy}`);
  process.stderr.write(`\n*** SKIPPED, the real Nova is not installed (${remedy}): ${name} ***\n\n`);
  describe.skip(name, tests);
}
