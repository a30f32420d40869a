import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CellmapStack } from '../lib/cellmap-stack.ts';
import { ConfigError, readConfig } from '../lib/config.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try {
  new CellmapStack(app, readConfig(String(app.node.tryGetContext('config'))));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
