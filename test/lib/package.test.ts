import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundling, deployedNames, functionNames } from '../../contract/bundling.ts';
import { bundleFunctions } from '../../local/functions/bundle.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

const app = `
import { App, Stack } from 'aws-cdk-lib';
import { InstanceMapping, type InstanceMappingProps } from 'cellmap';

// @ts-expect-error there is no such dialect
const dialect: InstanceMappingProps['apiDatabase']['dialect'] = 'sqlite';
void dialect;

const arn = (service: string, rest: string) => \`arn:aws:\${service}:eu-central-1:111122223333:\${rest}\`;
const stack = new Stack(new App({ outdir: process.argv[2], builtinCloudFormationValidation: false }), 'Nova', {
  env: { account: '111122223333', region: 'eu-central-1' },
});
const mapping = new InstanceMapping(stack, 'Mapping', {
  apiDatabase: {
    clusterArn: arn('rds', 'cluster:api'),
    secretArn: arn('secretsmanager', 'secret:api-A1b2C3'),
    database: 'nova_api',
    dialect: 'mysql',
  },
  directory: [
    { host: 'cell1', clusterArn: arn('rds', 'cluster:cell1'), secretArn: arn('secretsmanager', 'secret:cell1-A1b2C3') },
  ],
});
mapping.alarms.forEach((alarm) => alarm.alarmName);

(stack.node.root as App).synth();
`;

/** Another project, in which the packed package is installed as npm would: a folder of its own under node_modules. */
describe('the package in another project', () => {
  let project: string;
  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'cellmap-package-'));
    const modules = join(project, 'node_modules');
    mkdirSync(modules);
    const others = readdirSync(join(root, 'node_modules')).filter((name) => !/^\\.|^cellmap$/.test(name));
    for (const name of others) symlinkSync(join(root, 'node_modules', name), join(modules, name));
    // Packed from a copy: other tests read the repository meanwhile.
    const copy = join(project, 'copy');
    const sources = ['lib', 'functions', 'data-api', 'domain', 'contract', 'bin', 'docs', 'examples'];
    const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'CHANGELOG.md', 'README.md', 'LICENSE'];
    for (const name of [...sources, ...files]) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    await run('npm', ['pack', '--pack-destination', project], { cwd: copy });
    await run('tar', ['xf', 'cellmap-0.1.0.tgz'], { cwd: project });
    cpSync(join(project, 'package'), join(modules, 'cellmap'), { recursive: true });
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    writeFileSync(join(project, 'app.ts'), app);
  }, 120_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it('has types that another project can be checked with', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', '--types', 'node'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const checked = run(process.execPath, [tsc, ...options, 'app.ts'], { cwd: project });
    await expect(checked).resolves.toMatchObject({ stdout: '' });
  });

  it('makes the construct, with the same functions as from the repository', async () => {
    await run(process.execPath, ['app.ts', 'cdk.out'], { cwd: project });
    const out = join(project, 'cdk.out');
    const template = JSON.parse(readFileSync(join(out, 'Nova.template.json'), 'utf8'));
    const resources = Object.values<{ Type: string }>(template.Resources);
    expect(resources.filter(({ Type }) => Type === 'AWS::Lambda::Function')).toHaveLength(deployedNames.length);

    const deployed = readdirSync(out)
      .filter((name) => name.startsWith('asset.'))
      .map((name) => codeOf(join(out, name, bundling.file)));
    const { functions } = await bundleFunctions(join(project, 'local'));
    for (const name of functionNames) {
      expect({ name, same: deployed.includes(codeOf(functions[name])) }).toEqual({ name, same: true });
    }
  }, 120_000);

  it('has no command, and says so in one line', async () => {
    const command = run(process.execPath, [join(project, 'node_modules/cellmap/bin/cellmap.js'), 'cells']);
    await expect(command).rejects.toMatchObject({
      code: 4,
      stderr: 'cellmap: This package holds the CDK construct. The command runs in a checkout of the project.\n',
    });
  });
});

/** A bundle, but for where the packages were found. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/(?<=^\/\/ |")[^"\n]*node_modules\//gm, '');
}
