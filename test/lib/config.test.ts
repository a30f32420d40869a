import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fn } from 'aws-cdk-lib';
import { DEFAULT_PRICES } from '../../domain/usage.ts';
import { ConfigError, homeOf, parseConfig, readConfig } from '../../lib/config.ts';
import { exampleFile } from './example-stack.ts';

const cluster = (name: string, region = 'eu-central-1', account = '111122223333') =>
  `arn:aws:rds:${region}:${account}:cluster:${name}`;
const secret = (name: string, region = 'eu-central-1', account = '111122223333') =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${name}-A1b2C3`;

const smallest = {
  apiDatabase: { clusterArn: cluster('api'), secretArn: secret('api'), database: 'nova_api', dialect: 'mysql' },
  directory: [{ host: 'cell1.example', clusterArn: cluster('cell1'), secretArn: secret('cell1') }],
};

/** What is said of a configuration, or '' where it is accepted. */
function complaint(value: unknown): string {
  try {
    parseConfig(value, 'my.json');
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('a configuration', () => {
  it('needs only the API database and one entry of the directory; the rest has defaults', () => {
    expect(parseConfig(smallest, 'my.json')).toEqual({
      ...smallest,
      stackName: 'cellmap',
      secretKmsKeyArns: [],
      logRetentionDays: 90,
      resultsRetentionDays: 365,
      prices: DEFAULT_PRICES,
      notifyEmails: [],
    });
  });

  it('takes some prices, and the list prices for the others', () => {
    const { prices } = parseConfig({ ...smallest, prices: { dataApiUnit: 1 } }, 'my.json');
    expect(prices).toEqual({ ...DEFAULT_PRICES, dataApiUnit: 1 });
    expect(complaint({ ...smallest, prices: { lambda: 1 } })).toContain('prices.lambda: there is no such key');
  });

  it('with unknown keys is refused, with the file and each key', () => {
    const value = {
      ...smallest,
      retention: 3,
      apiDatabase: { ...smallest.apiDatabase, password: 'x' },
      directory: [{ ...smallest.directory[0], hots: 'x' }],
    };
    expect(complaint(value).split('\n')).toEqual([
      'The configuration my.json cannot be used:',
      '  apiDatabase.password: there is no such key',
      '  directory[0].hots: there is no such key',
      '  retention: there is no such key',
    ]);
  });

  it('without what it needs is refused, and what is missing named', () => {
    expect(complaint({}).split('\n').slice(1)).toEqual(['  apiDatabase: it is missing', '  directory: it is missing']);
  });

  it.each([
    [{ stackName: 'my stack' }, 'stackName: expected a letter'],
    [{ directory: [] }, 'directory: '],
    [{ logRetentionDays: 2 }, 'logRetentionDays: '],
    [{ resultsRetentionDays: 0 }, 'resultsRetentionDays: '],
    [{ secretKmsKeyArns: ['alias/mine'] }, 'secretKmsKeyArns[0]: expected the ARN of a KMS key'],
    [{ apiDatabase: { ...smallest.apiDatabase, dialect: 'sqlite' } }, 'apiDatabase.dialect: '],
    [
      { apiDatabase: { ...smallest.apiDatabase, clusterArn: 'nova-api' } },
      'apiDatabase.clusterArn: expected the ARN of an Aurora cluster',
    ],
    [
      { apiDatabase: { ...smallest.apiDatabase, secretArn: cluster('api') } },
      'apiDatabase.secretArn: expected the whole ARN of a secret',
    ],
    [{ directory: [{ ...smallest.directory[0], host: 'cell1:3306' }] }, 'directory[0].host: expected a name'],
    [{ directory: [{ ...smallest.directory[0], host: 'cell1/nova' }] }, 'directory[0].host: expected a name'],
    [{ directory: [{ ...smallest.directory[0], port: 0 }] }, 'directory[0].port: '],
    [
      { directory: [{ ...smallest.directory[0], host: Fn.importValue('Host') }] },
      'directory[0].host: expected a name that',
    ],
    [
      { apiDatabase: { ...smallest.apiDatabase, repairSecretArn: 'x' } },
      'apiDatabase.repairSecretArn: expected the whole',
    ],
    [{ encryptionKeyArn: 'alias/mine' }, 'encryptionKeyArn: expected the ARN of a KMS key'],
    [{ notifyEmails: ['nobody'] }, 'notifyEmails[0]: '],
    [{ nightlyVerify: { at: '24:00' } }, 'nightlyVerify.at: expected HH:MM'],
    [{ nightlyVerify: { timeZone: 'Mars' } }, 'nightlyVerify.timeZone: expected a time zone'],
    [{ nightlyVerify: { cron: '* *' } }, 'nightlyVerify.cron: there is no such key'],
    [{ deploymentEvent: { source: 'x' } }, 'deploymentEvent.detailType: '],
    [
      { deploymentEvent: { source: 'x', detailType: 'y', detail: { a: 'b' } } },
      'deploymentEvent.detail.a: expected a list',
    ],
  ])('%j is refused and the key blamed', (change, blamed) => {
    expect(complaint({ ...smallest, ...change })).toContain(`\n  ${blamed}`);
  });

  describe('after the update of a stack', () => {
    const complaintOf = (detail: object | undefined, stackName?: string) =>
      complaint({ ...smallest, stackName, deploymentEvent: { source: 'aws.cloudformation', detailType: 'x', detail } });
    const prefix = (name: string) => ({
      'stack-id': [{ prefix: `arn:aws:cloudformation:eu-central-1:111122223333:stack/${name}` }],
    });

    it.each([undefined, {}, { 'stack-id': [{ exists: true }] }])('must say of which: %j', (detail) => {
      expect(complaintOf(detail)).toContain('deploymentEvent.detail.stack-id: expected [{"prefix": "arn:');
    });

    it.each(['', 'cell', 'cellmap', 'cellmap/'])('is refused where the prefix %j fits its own', (name) => {
      expect(complaintOf(prefix(name))).toContain('deploymentEvent.detail.stack-id: it is also this stack, cellmap;');
    });

    it('may have a prefix that does not fit its own', () => {
      expect(complaintOf(prefix('nova-'))).toBe('');
      expect(complaintOf(prefix('cellmap-'))).toBe('');
      expect(complaintOf(prefix('nova-'), 'nova-cellmap')).toContain('it is also this stack, nova-cellmap');
    });
  });

  it('runs verify at a quarter past three where it only says that it shall', () => {
    expect(parseConfig({ ...smallest, nightlyVerify: {} }, 'my.json').nightlyVerify).toEqual({
      at: '03:17',
      timeZone: 'Etc/UTC',
    });
  });

  it.each(['10.0.0.1', '2001:db8::1', 'Cell-1.example'])('may name the host %s', (host) => {
    expect(complaint({ ...smallest, directory: [{ ...smallest.directory[0], host }] })).toBe('');
  });

  it.each([
    'mysql+pymysql://nova:hunter2@db/nova_cell0',
    'mysql+pymysql://nova@db/nova_cell0',
    'postgresql://db/nova_cell0?user=nova&password=hunter2',
  ])('with credentials in mainDatabaseUrl is refused without quoting them (%#)', (mainDatabaseUrl) => {
    const message = complaint({ ...smallest, mainDatabaseUrl });
    expect(message).toContain('mainDatabaseUrl: expected dialect://host:port/database without user and password');
    expect(message).not.toContain('hunter2');
  });

  it('with one place twice in the directory is refused, whatever the letter case', () => {
    const directory = [smallest.directory[0], { ...smallest.directory[0], host: 'CELL1.example' }];
    expect(complaint({ ...smallest, directory })).toContain('directory[1]: it is the same place as directory[0]');
  });

  it('may have one host with several ports and databases', () => {
    const directory = [{}, { port: 3307 }, { database: 'nova_cell1' }].map((more) => ({
      ...smallest.directory[0],
      ...more,
    }));
    expect(complaint({ ...smallest, directory })).toBe('');
  });

  it('with an ARN of another region or account is refused, and the ARN blamed', () => {
    const message = complaint({
      ...smallest,
      apiDatabase: { ...smallest.apiDatabase, secretArn: secret('api', 'eu-west-1') },
      directory: [{ ...smallest.directory[0], clusterArn: cluster('cell1', 'eu-central-1', '999999999999') }],
      secretKmsKeyArns: ['arn:aws:kms:us-east-1:111122223333:key/0a1b'],
    });
    expect(message).toContain('apiDatabase.secretArn: it is in account 111122223333, region eu-west-1, but');
    expect(message).toContain('directory[0].clusterArn: it is in account 999999999999, region eu-central-1, but');
    expect(message).toContain('secretKmsKeyArns[0]: it is in account 111122223333, region us-east-1, but');
  });

  it('may hold ARNs that are known only when the stack is deployed', () => {
    const token = Fn.importValue('ClusterArn');
    const config = parseConfig({ ...smallest, apiDatabase: { ...smallest.apiDatabase, clusterArn: token } }, 'code');
    expect(homeOf(config)).toBeUndefined();
  });
});

describe('the configuration file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cellmap-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is read, and gives the account and region of the stack', () => {
    expect(homeOf(readConfig(exampleFile))).toEqual({ account: '111122223333', region: 'eu-central-1' });
  });

  it('that does not exist is named with the way to name another', () => {
    expect(() => readConfig(join(directory, 'none.json'))).toThrow(
      /none\.json .*\n {2}it cannot be read; name another/,
    );
  });

  it('that is not JSON is named with the line, and not quoted', () => {
    const file = join(directory, 'broken.json');
    writeFileSync(file, '{\n  "mainDatabaseUrl": "hunter2",\n}\n');
    expect(() => readConfig(file)).toThrow(/broken\.json .*\n {2}it is not valid JSON, see line 3 column 1$/);
  });

  it('of the example holds every key there is, so that it documents them all', () => {
    const example = JSON.parse(readFileSync(exampleFile, 'utf8'));
    expect(Object.keys(example).sort()).toEqual(Object.keys(parseConfig(example, exampleFile)).sort());
  });

  it('is explained key by key in docs/configuration.md', () => {
    const docs = readFileSync(join(exampleFile, '../../docs/configuration.md'), 'utf8');
    const { apiDatabase, directory, ...rest } = JSON.parse(readFileSync(exampleFile, 'utf8'));
    const keys = [
      ...['apiDatabase', 'directory', ...Object.keys(rest)],
      ...Object.keys(apiDatabase).map((key) => `apiDatabase.${key}`),
      ...directory.flatMap((entry: object) => Object.keys(entry).map((key) => `directory[].${key}`)),
    ];
    expect(keys.filter((key) => !docs.includes(`\`${key}\``))).toEqual([]);
  });
});
