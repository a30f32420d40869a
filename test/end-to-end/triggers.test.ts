import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import type { Context } from 'aws-lambda';
import { toAnnouncerVariables } from '../../contract/environment.ts';
import { executionInputSchema } from '../../contract/payloads.ts';
import { parseConfig } from '../../lib/config.ts';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type BusEvent, type EventPattern, type InputTransformer, matches, transform } from '../eventbridge.ts';
import { exampleConfig, newApp, newStack } from '../lib/example-stack.ts';
import { type Cloud, createCloud, mapping, rows } from './cloud.ts';
import { type EndedRun, type Machine, startMachine } from './harness.ts';

interface Rule {
  EventPattern: EventPattern;
  Targets: { InputTransformer?: InputTransformer; DeadLetterConfig: object; RetryPolicy: object }[];
}

const TOPIC_ARN = 'arn:aws:sns:us-east-1:000000000000:cellmap';

/** A rule of a synthesized stack, by the beginning of its logical id, with the machine's ARN filled in. */
function ruleOf(template: Template, id: string, stateMachineArn = ''): Rule {
  const [rule] = Object.entries(template.findResources('AWS::Events::Rule')).filter(([key]) => key.startsWith(id));
  return JSON.parse(
    JSON.stringify(rule?.[1].Properties).replaceAll(/\{"Ref":"[^"]*"\}/g, JSON.stringify(stateMachineArn)),
  );
}

const ofPipeline = Template.fromStack(
  newStack(
    newApp(),
    parseConfig(
      { ...exampleConfig(), deploymentEvent: { source: 'nova.pipeline', detailType: ['Nova Deployed'] } },
      'the test',
    ),
  ),
);
const example = Template.fromStack(newStack());

const stackEvent = (name: string, status = 'UPDATE_COMPLETE'): BusEvent => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-01-01T00:00:00Z',
  resources: [],
  source: 'aws.cloudformation',
  'detail-type': 'CloudFormation Stack Status Change',
  detail: {
    'stack-id': `arn:aws:cloudformation:eu-central-1:111122223333:stack/${name}/8e0d9f90-0000-11ee-be56-0242ac120002`,
    'status-details': { status, 'status-reason': '' },
    'client-request-token': '',
  },
});

const pipelineEvent = (detail: Record<string, unknown>): BusEvent => ({
  id: '1c2d3e4f-0000-4000-8000-000000000000',
  source: 'nova.pipeline',
  'detail-type': 'Nova Deployed',
  detail,
});

/** What Step Functions puts on the bus when an execution of the machine ends. */
const endOf = (run: EndedRun, stateMachineArn: string): BusEvent => ({
  id: '315c1398-40ff-a850-213b-158f73e60175',
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { executionArn: run.executionArn, stateMachineArn, name: run.name, status: run.status },
});

describe('what starts a run', () => {
  let server: EmbeddedPostgres;
  let cloud: Cloud;
  let machine: Machine;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server);
    machine = await startMachine(cloud.api.url);
  }, 60_000);
  afterAll(async () => {
    await machine?.stop();
    await cloud?.drop();
    await server?.stop();
  });
  beforeEach(async () => {
    await cloud.reset();
    await cloud.databases.cell1.insertInstances(rows(1, 5));
    await cloud.databases.cell2.insertInstances(rows(6, 8));
  });

  const mapped = async () => (await cloud.api.readMappings()).length;

  /** Puts an event on the bus: starts a run as the rule does, or nothing where the rule does not take it. */
  async function put(template: Template, event: BusEvent): Promise<EndedRun | undefined> {
    const { EventPattern, Targets } = ruleOf(template, 'DeploymentTrigger');
    if (!matches(EventPattern, event)) return undefined;
    const [{ InputTransformer } = {}] = Targets;
    if (InputTransformer === undefined) throw new Error('The rule has no transformer');
    return machine.run(transform(InputTransformer, event) as Record<string, unknown>);
  }

  it('an updated stack of Nova maps every cell', async () => {
    const run = await put(example, stackEvent('nova-api'));
    expect(run).toMatchObject({ status: 'SUCCEEDED', result: { status: 'complete', totals: { mapped: 8 } } });
    expect(await mapped()).toBe(8);
  });

  it.each([
    ['another stack', stackEvent('website')],
    ['its own stack', stackEvent('cellmap')],
    ['an update that has only begun', stackEvent('nova-api', 'UPDATE_IN_PROGRESS')],
    ['an update that was rolled back', stackEvent('nova-api', 'UPDATE_ROLLBACK_COMPLETE')],
  ])('not %s', async (_what, event) => {
    expect(await put(example, event)).toBeUndefined();
  });

  it('a deployment maps every cell where it names none', async () => {
    const run = await put(ofPipeline, pipelineEvent({ release: '2026.1', note: 'it says "ready"\n' }));
    expect(run?.status).toBe('SUCCEEDED');
    expect(await mapped()).toBe(8);
  });

  it('a deployment maps just the cells that it names', async () => {
    const run = await put(ofPipeline, pipelineEvent({ cells: ['cell2'] }));
    expect(run).toMatchObject({ status: 'SUCCEEDED', result: { totals: { mapped: 3 } } });
    expect(run?.result.cells.map(({ name }) => name)).toEqual(['cell2']);
  });

  it('two deployments at once map every instance once', async () => {
    const runs = await Promise.all([put(ofPipeline, pipelineEvent({})), put(ofPipeline, pipelineEvent({}))]);
    expect(runs.map((run) => run?.result.status)).toEqual(['complete', 'complete']);
    expect(runs.reduce((sum, run) => sum + (run?.result.totals.mapped ?? 0), 0)).toBe(8);
    expect(await mapped()).toBe(8);
  });

  it.each([
    ['no list', 'cell1', 'BadInput', /event\.detail\.cells/],
    ['a list of something else', [1], 'BadInput', /event\.detail\.cells\[0\]/],
    ['an empty list', [], 'BadInput', /event\.detail\.cells/],
    ['nothing', null, 'BadInput', /event\.detail\.cells/],
    ['an object', { name: 'cell1' }, 'BadInput', /event\.detail\.cells/],
    ['a cell that there is not', ['cell9'], 'UnknownCell', /There is no cell cell9\. There are: cell0/],
  ])('an event whose cells are %s fails at once, says why, and writes nothing', async (_what, given, error, why) => {
    const run = await put(ofPipeline, pipelineEvent({ cells: given }));
    expect(run).toMatchObject({ status: 'FAILED', error });
    expect(run?.cause).toMatch(why);
    const { parent } = await machine.histories(run?.executionArn ?? '');
    expect(parent.at(-1)).toMatchObject({ type: 'ExecutionFailed', executionFailedEventDetails: { error } });
    expect(await mapped()).toBe(0);
  });

  it('cells in the input and in its event are one too many', async () => {
    const event = { id: '1', source: 's', detailType: 't', detail: { cells: ['cell1'] } };
    const run = await machine.run({ cells: ['cell2'], event });
    expect(run).toMatchObject({ status: 'FAILED', error: 'BadInput' });
  });

  it('each night, a verification that the machine understands', async () => {
    const [schedule] = Object.values(example.findResources('AWS::Scheduler::Schedule'));
    const { Target, ScheduleExpression, ScheduleExpressionTimezone } = schedule?.Properties ?? {};
    expect([ScheduleExpression, ScheduleExpressionTimezone]).toEqual(['cron(17 3 * * ? *)', 'Europe/Berlin']);
    const input = JSON.parse(Target.Input);
    expect(executionInputSchema.parse(input)).toMatchObject({ mode: 'verify', apply: false });
    const run = await machine.run({ ...input, secondLookSeconds: 0 });
    expect(run).toMatchObject({ status: 'SUCCEEDED', verification: { status: 'needs-attention' } });
    expect(await mapped()).toBe(0);
  });

  it('whatever could not be delivered, in the end, is a dead letter', () => {
    const [schedule] = Object.values(example.findResources('AWS::Scheduler::Schedule'));
    const rules = Object.values(example.findResources('AWS::Events::Rule'));
    const targets = [...rules.flatMap(({ Properties }) => Properties.Targets), schedule?.Properties.Target];
    expect(targets).toHaveLength(3);
    for (const target of targets) {
      expect(target).toMatchObject({
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^DeadLetters/), 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 7_200, MaximumRetryAttempts: 24 },
      });
    }
  });

  describe('and what is told of its end', () => {
    let sns: Server;
    let published: URLSearchParams[];
    let announce: (event: unknown, context: Context) => Promise<unknown>;
    beforeAll(async () => {
      sns = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        published.push(new URLSearchParams(body));
        response.setHeader('content-type', 'text/xml');
        response.end('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>');
      });
      await new Promise<void>((listening) => sns.listen(0, '127.0.0.1', listening));
      const { accessKeyId, secretAccessKey, sessionToken } = machine.aws.credentials;
      Object.assign(process.env, {
        ...toAnnouncerVariables({ topicArn: TOPIC_ARN, stackName: 'staging' }),
        AWS_REGION: machine.aws.region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_ENDPOINT_URL_SFN: machine.aws.endpoints.stepFunctions,
        AWS_ENDPOINT_URL_SNS: `http://127.0.0.1:${(sns.address() as AddressInfo).port}`,
        POWERTOOLS_LOG_LEVEL: 'SILENT',
      });
      // Only now: the clients belong to the module.
      const { handler } = await import('../../functions/announce-run.ts');
      announce = handler as typeof announce;
    });
    afterAll(async () => {
      sns.closeAllConnections();
      await new Promise((closed) => sns.close(closed));
    });
    beforeEach(() => {
      published = [];
    });

    /** What subscribers are sent when the run has ended. */
    async function toldOf(run: EndedRun): Promise<{ subject: string; lines: string[] } | undefined> {
      const { stateMachineArn } = machine.aws;
      const event = endOf(run, stateMachineArn);
      expect(matches(ruleOf(example, 'NotificationsRunEnded', stateMachineArn).EventPattern, event)).toBe(true);
      const context = { functionName: 'AnnounceRun', getRemainingTimeInMillis: () => 30_000 } as Context;
      await announce(event, context);
      const [message] = published;
      if (message === undefined) return undefined;
      expect(message.get('TopicArn')).toBe(TOPIC_ARN);
      return { subject: message.get('Subject') ?? '', lines: (message.get('Message') ?? '').split('\n') };
    }

    it('of a complete run, nothing', async () => {
      expect(await toldOf(await machine.run())).toBeUndefined();
    });

    it('of a cell that is down: its name, the remedy, and the command that does it again', async () => {
      await cloud.api.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', [
        cloud.databases.cell2.url.replace(/:\d+\//, ':1/'),
        'cell2',
      ]);
      const run = await machine.run();
      const told = await toldOf(run);
      expect(told?.subject).toBe(`cellmap staging: failed: ${run.name}`);
      expect(told?.lines).toEqual([
        `The run ${run.name} of staging: failed.`,
        '',
        'DatabaseUnavailable: 1 of 3 cells failed. cell2: DatabaseUnavailable: The database of cell cell2 did not answer. ' +
          'Check that its server is running and can be reached, then run again.',
        '',
        `Next: cellmap retry ${run.name} --stack staging`,
        expect.stringContaining(run.executionArn),
      ]);
    }, 30_000);

    it('of conflicts: the cells, how many of which kind, and the command that names them', async () => {
      await cloud.api.insertMappings([mapping(1, 'cell2'), mapping(2, 'cell2'), mapping(6, 'cell2', { userId: 'x' })]);
      const run = await machine.run();
      expect(JSON.parse(run.output ?? '')).toMatchObject({
        status: 'needs-attention',
        message: 'The run is done, but something needs a look. cell1: 2 otherCell; cell2: 1 wrongDetails.',
      });
      expect((await toldOf(run))?.lines.slice(2, 5)).toEqual([
        'The run is done, but something needs a look. cell1: 2 otherCell; cell2: 1 wrongDetails.',
        '',
        `Next: cellmap report ${run.name} --stack staging`,
      ]);
    });

    it('of drift that the night found', async () => {
      const told = await toldOf(await machine.run({ mode: 'verify', secondLookSeconds: 0 }));
      expect(told?.lines[2]).toBe('The run is done, but something needs a look. cell1: 5 unmapped; cell2: 3 unmapped.');
    });

    it('of an event that was refused: what is wrong with it', async () => {
      const run = await put(ofPipeline, pipelineEvent({ cells: 'cell1' }));
      const told = await toldOf(run as EndedRun);
      expect(told?.lines[2]).toMatch(/^BadInput: The execution's input is malformed: .*event\.detail\.cells/);
      expect(told?.lines[4]).toMatch(/^Next: correct the input of the execution, or the event that started it/);
    });

    it('nothing of the end of a cell, which is an execution of the map', () => {
      const { stateMachineArn } = machine.aws;
      const { EventPattern } = ruleOf(example, 'NotificationsRunEnded', stateMachineArn);
      const child = endOf({ executionArn: 'x', name: 'x', status: 'FAILED' } as EndedRun, `${stateMachineArn}/cells`);
      expect(matches(EventPattern, child)).toBe(false);
    });
  });
});
