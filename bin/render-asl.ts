import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../lib/config.ts';
import { renderAsl } from '../lib/rendered-asl.ts';

const root = join(import.meta.dirname, '..');
const config = readConfig(join(root, 'examples/cellmap.config.json'));
writeFileSync(join(root, 'contract/map-cells.asl.json'), renderAsl(config));
