import { GetExecutionHistoryCommand, type HistoryEvent, type SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { compareProgressSchema, digestProgressSchema, rangeProgressSchema } from '../contract/payloads.ts';
import type { CompareProgress } from '../domain/compare.ts';
import type { DigestProgress } from '../domain/digest-range.ts';
import type { RangeProgress } from '../domain/range.ts';

/** Some fourteen turns of MapRange: an event holds a payload of a few KB. */
const EVENTS_A_PAGE = 100;

/** Where a history has grown by more than this between two looks, the older events wait for the result. */
const MOST_PAGES = 10;

/** What OpenCell made of a cell: ranges to map, or ranges to digest. */
export interface OpenedRanges {
  ranges: RangeProgress[];
  digests: DigestProgress[];
}

/** What is new in the history of a cell's child execution. */
export interface ChildNews {
  /** The ranges as OpenCell made them, if it ended since the last look. */
  opened: OpenedRanges | null;
  /** The newest progress of each range that came on. */
  ranges: RangeProgress[];
  digests: DigestProgress[];
  /** The newest progress of the comparison, if it came on. */
  compared: CompareProgress | null;
  /** The name of the error that the newest attempt met; null where it met none, undefined where nothing is new. */
  trouble: string | null | undefined;
  /** The newest event, from which the next look goes on. */
  lastEventId: number;
}

const openedSchema = z
  .object({
    cell: z.object({}),
    ranges: z.array(rangeProgressSchema),
    digests: z.array(digestProgressSchema),
  })
  .transform(({ ranges, digests }): OpenedRanges => ({ ranges, digests }));

/**
 * Reads what a child execution has done since the event `since`, newest first.
 *
 * A function's output is known by its shape: OpenCell returns ranges, MapRange and DigestInstances the progress of one,
 * CompareCell that of the cell.
 */
export async function readNews(sfn: SFNClient, executionArn: string, since: number): Promise<ChildNews> {
  const news: ChildNews = {
    opened: null,
    ranges: [],
    digests: [],
    compared: null,
    trouble: undefined,
    lastEventId: since,
  };
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
      take(event, news);
    }
    nextToken = history.nextToken;
    if (nextToken === undefined) break;
  }
  return news;
}

function take(event: HistoryEvent, news: ChildNews): void {
  switch (event.type) {
    case 'LambdaFunctionSucceeded':
      if (news.trouble === undefined) news.trouble = null;
      takeOutput(parse(event.lambdaFunctionSucceededEventDetails?.output), news);
      return;
    case 'LambdaFunctionFailed':
      if (news.trouble === undefined) news.trouble = event.lambdaFunctionFailedEventDetails?.error ?? 'an error';
      return;
    case 'LambdaFunctionTimedOut':
      if (news.trouble === undefined) news.trouble = 'Sandbox.Timedout';
  }
}

function takeOutput(output: unknown, news: ChildNews): void {
  const range = rangeProgressSchema.safeParse(output);
  const digest = digestProgressSchema.safeParse(output);
  const compared = compareProgressSchema.safeParse(output);
  const opened = openedSchema.safeParse(output);
  if (range.success) addNewest(news.ranges, range.data);
  else if (digest.success) addNewest(news.digests, digest.data);
  else if (compared.success) news.compared ??= compared.data;
  else if (opened.success) news.opened ??= opened.data;
}

/** Events come newest first, so that what is there of a range is newer. */
function addNewest<Progress extends { index: number }>(known: Progress[], progress: Progress): void {
  if (!known.some(({ index }) => index === progress.index)) known.push(progress);
}

function parse(output: string | undefined): unknown {
  try {
    return JSON.parse(output ?? 'null');
  } catch {
    return null;
  }
}
