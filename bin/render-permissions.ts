import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../lib/config.ts';
import { renderedBlock, renderPermissions } from '../lib/rendered-permissions.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/permissions.md');
const rendered = renderPermissions(readConfig(join(root, 'examples/cellmap.config.json')));
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(renderedBlock, () => rendered),
);
