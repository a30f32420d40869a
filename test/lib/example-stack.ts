import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import { CellmapStack } from '../../lib/cellmap-stack.ts';
import { type Config, type ConfigInput, readConfig } from '../../lib/config.ts';

const root = join(import.meta.dirname, '../..');

/** The documented example. */
export const exampleFile = join(root, 'examples/cellmap.config.json');

/** The documented example as it is written. */
export function exampleConfig(): ConfigInput {
  return JSON.parse(readFileSync(exampleFile, 'utf8'));
}

/** The settings of cdk.json, which `new App()` does not read. Functions are bundled only on request: it takes seconds. */
export function newApp({ bundled = false, ...props }: AppProps & { bundled?: boolean } = {}): App {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  return new App({
    // CloudFormation's schemas take seconds to check; test/lib/gate.test.ts does so once.
    builtinCloudFormationValidation: false,
    ...props,
    context: bundled ? context : { ...context, 'aws:cdk:bundling-stacks': [] },
  });
}

/** The stack of the example, or of another configuration. */
export function newStack(app = newApp(), config: Config = readConfig(exampleFile)): CellmapStack {
  return new CellmapStack(app, config);
}
