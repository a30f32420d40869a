import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readConfig } from '../../lib/config.ts';
import { renderedBlock, renderPermissions } from '../../lib/rendered-permissions.ts';
import { exampleFile } from './example-stack.ts';

it('docs/permissions.md says what the template allows (npm run render)', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/permissions.md'), 'utf8');
  expect(renderedBlock.exec(page)?.[0]).toBe(renderPermissions(readConfig(exampleFile)));
});
