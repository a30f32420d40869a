import {
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListMapRunsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';

/** The history of an execution, whole. */
export async function readHistory(sfn: SFNClient, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
    const page = await sfn.send(new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1000 }));
    events.push(...(page.events ?? []));
    nextToken = page.nextToken;
  }
  return events;
}

/** The history of an execution and those of its children. */
export async function readHistories(
  sfn: SFNClient,
  executionArn: string,
): Promise<{ parent: HistoryEvent[]; children: HistoryEvent[][] }> {
  const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  const children: HistoryEvent[][] = [];
  for (const { mapRunArn } of mapRuns) {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1000 }));
    for (const child of executions) children.push(await readHistory(sfn, child.executionArn ?? ''));
  }
  return { parent: await readHistory(sfn, executionArn), children };
}
