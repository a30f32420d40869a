import { faultOf } from '../contract/caught-error.ts';
import { isErrorName, SEVERAL_ERRORS } from '../contract/errors.ts';
import { nextCommand } from '../contract/next-command.ts';
import { runEndSchema } from '../contract/payloads.ts';
import { type RunStatus, runStatuses } from '../domain/run-status.ts';

/** An execution that has ended, as DescribeExecution tells of it. */
export interface EndedExecution {
  executionArn: string;
  name: string;
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  error?: string;
  cause?: string;
  output?: string;
}

/** What subscribers are sent. */
export interface Announcement {
  subject: string;
  message: string;
}

/** The longest subject that SNS takes, in ASCII characters. */
const LONGEST_SUBJECT = 99;

/** What people are told of a run: what became of it, in which cells, and what to run next. Null where all is well. */
export function announcementOf(execution: EndedExecution, stackName: string): Announcement | null {
  const told = tell(execution);
  if (told === null) return null;
  const { status, what, error } = told;
  const next = nextCommand({ run: execution.name, status, error });
  return {
    subject: `cellmap ${stackName}: ${status}: ${execution.name}`.slice(0, LONGEST_SUBJECT),
    message: [
      `The run ${execution.name} of ${stackName}: ${status}.`,
      '',
      what,
      '',
      next === null
        ? 'Next: correct the input of the execution, or the event that started it, and start another.'
        : `Next: ${next} --stack ${stackName}`,
      `History: ${consoleUrl(execution.executionArn)}`,
    ].join('\n'),
  };
}

function tell(execution: EndedExecution): { status: RunStatus; what: string; error?: string } | null {
  const { error = 'UnexpectedFailure', cause = '' } = execution;
  switch (execution.status) {
    case 'FAILED':
      return { status: 'failed', error, what: causeOf(error, cause) };
    case 'TIMED_OUT':
      return {
        status: 'failed',
        error: 'States.Timeout',
        what: 'It took longer than a run may. What it wrote is right.',
      };
    case 'ABORTED':
      return { status: 'stopped', what: 'Somebody stopped it. What it wrote is right; running again goes on.' };
    case 'SUCCEEDED': {
      const { status, message } = runEndSchema.parse(JSON.parse(execution.output ?? '{}'));
      if (message === undefined) return null;
      return { status: runStatuses.find((each) => each.status === status)?.status ?? 'needs-attention', what: message };
    }
  }
}

/** CloseRun writes a sentence as the cause; of an error that nobody caught it is what Lambda or Step Functions wrote. */
function causeOf(error: string, cause: string): string {
  const isOurs = isErrorName(error) || error === SEVERAL_ERRORS;
  const isSentence = isOurs && cause !== '' && !cause.trimStart().startsWith('{');
  return `${error}: ${isSentence ? cause : faultOf({ Error: error, Cause: cause }).message}`;
}

/** The execution in the AWS console. */
function consoleUrl(executionArn: string): string {
  const [, partition, , region] = executionArn.split(':');
  const hosts: Record<string, string> = {
    'aws-cn': 'console.amazonaws.cn',
    'aws-us-gov': 'console.amazonaws-us-gov.com',
  };
  const host = hosts[partition ?? ''] ?? `${region}.console.aws.amazon.com`;
  return `https://${host}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}
