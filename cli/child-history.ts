import { GetExecutionHistoryCommand, type HistoryEvent, type SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { rangeProgressSchema } from '../contract/payloads.ts';
import type { RangeProgress } from '../domain/range.ts';

/** Some fourteen turns of MapRange: an event holds a payload of a few KB. */
const EVENTS_A_PAGE = 100;

/** Where a history has grown by more than this between two looks, the older events wait for the result. */
const MOST_PAGES = 10;

/** What is new in the history of a cell's child execution. */
export interface ChildNews {
  /** The ranges as OpenCell made them, if it ended since the last look. */
  opened: RangeProgress[] | null;
  /** The newest progress of each range that came on. */
  ranges: RangeProgress[];
  /** The name of the error that the newest attempt met; null where it met none, undefined where nothing is new. */
  trouble: string | null | undefined;
  /** The newest event, from which the next look goes on. */
  lastEventId: number;
}

const openedSchema = z.object({ ranges: z.array(rangeProgressSchema) });

/**
 * Reads what a child execution has done since the event `since`, newest first.
 *
 * A function's output is known by its shape: OpenCell returns ranges, MapRange the progress of one.
 */
export async function readNews(sfn: SFNClient, executionArn: string, since: number): Promise<ChildNews> {
  const news: ChildNews = { opened: null, ranges: [], trouble: undefined, lastEventId: since };
  const seen = new Set<number>();
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const history = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: EVENTS_A_PAGE,
        includeExecutionData: true,
        nextToken,
      }),
    );
    for (const event of history.events ?? []) {
      const id = event.id ?? 0;
      if (id <= since) return news;
      news.lastEventId = Math.max(news.lastEventId, id);
      take(event, news, seen);
    }
    nextToken = history.nextToken;
    if (nextToken === undefined) break;
  }
  return news;
}

function take(event: HistoryEvent, news: ChildNews, seen: Set<number>): void {
  switch (event.type) {
    case 'LambdaFunctionSucceeded': {
      if (news.trouble === undefined) news.trouble = null;
      const output = parse(event.lambdaFunctionSucceededEventDetails?.output);
      const progress = rangeProgressSchema.safeParse(output);
      if (progress.success) {
        if (!seen.has(progress.data.index)) news.ranges.push(progress.data);
        seen.add(progress.data.index);
        return;
      }
      const opened = openedSchema.safeParse(output);
      if (opened.success) news.opened ??= opened.data.ranges;
      return;
    }
    case 'LambdaFunctionFailed':
      if (news.trouble === undefined) news.trouble = event.lambdaFunctionFailedEventDetails?.error ?? 'an error';
      return;
    case 'LambdaFunctionTimedOut':
      if (news.trouble === undefined) news.trouble = 'Sandbox.Timedout';
  }
}

function parse(output: string | undefined): unknown {
  try {
    return JSON.parse(output ?? 'null');
  } catch {
    return null;
  }
}
