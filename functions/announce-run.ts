import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { fromAnnouncerVariables } from '../contract/environment.ts';
import { statusChangeSchema } from '../contract/payloads.ts';
import { announcementOf, type EndedExecution } from './announcement.ts';
import { step } from './step.ts';

const sfn = new SFNClient();
const sns = new SNSClient();
const { topicArn, stackName } = fromAnnouncerVariables(process.env);

/**
 * Tells the subscribers of the stack's topic how a run ended, where there is something to tell.
 *
 * EventBridge could write to the topic by itself, but it puts values into a text without escaping them, and cannot look
 * into the execution's output, which is a text to it. Neither can it be relied on to hand over the cause.
 */
export const handler = step(statusChangeSchema, async ({ detail }, { logger, deadline }): Promise<void> => {
  const { executionArn } = detail;
  const options = { abortSignal: deadline };
  const described = await sfn.send(new DescribeExecutionCommand({ executionArn }), options);
  const announcement = announcementOf({ ...described, executionArn } as EndedExecution, stackName);
  logger.info('run ended', { run: described.name, status: described.status, told: announcement !== null });
  if (announcement === null) return;
  const { subject: Subject, message: Message } = announcement;
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject, Message }), options);
});
