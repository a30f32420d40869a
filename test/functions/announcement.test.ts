import { describe, expect, it } from '@jest/globals';
import { announcementOf, type EndedExecution } from '../../functions/announcement.ts';

const execution = (parts: Partial<EndedExecution>): EndedExecution => ({
  executionArn: 'arn:aws:states:eu-central-1:111122223333:execution:cellmap:run-1',
  name: 'run-1',
  status: 'FAILED',
  ...parts,
});

const linesOf = (parts: Partial<EndedExecution>) =>
  announcementOf(execution(parts), 'cellmap')?.message.split('\n') ?? [];

describe('what is told of a run', () => {
  it('that timed out or was stopped: that what it wrote is right, and how to go on', () => {
    expect(linesOf({ status: 'TIMED_OUT' }).slice(2)).toEqual([
      'It took longer than a run may. What it wrote is right.',
      '',
      'Next: cellmap retry run-1 --stack cellmap',
      'History: https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/' +
        'arn:aws:states:eu-central-1:111122223333:execution:cellmap:run-1',
    ]);
    expect(linesOf({ status: 'ABORTED' })[2]).toMatch(/^Somebody stopped it\. What it wrote is right/);
  });

  it('passes on nothing of a cause that others wrote, which may hold anything', () => {
    for (const error of ['States.Runtime', 'Lambda.Unknown', 'TypeError']) {
      expect(linesOf({ error, cause: 'mysql://nova:secret@db' }).join()).not.toContain('secret');
      expect(linesOf({ error, cause: '{"errorMessage":"mysql://nova:secret@db"}' }).join()).not.toContain('secret');
    }
  });

  it('has a subject that SNS takes, however long the names are', () => {
    const long = announcementOf(execution({ name: 'r'.repeat(80) }), 's'.repeat(80));
    expect(long?.subject.length).toBeLessThan(100);
  });

  it.each([
    ['arn:aws-cn:states:cn-north-1:1:execution:cellmap:x', 'https://console.amazonaws.cn/states'],
    ['arn:aws-us-gov:states:us-gov-west-1:1:execution:cellmap:x', 'https://console.amazonaws-us-gov.com/states'],
  ])('leads to the console of its partition: %s', (executionArn, host) => {
    expect(linesOf({ executionArn }).at(-1)).toContain(host);
  });
});
