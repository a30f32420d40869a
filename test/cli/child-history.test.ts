import type { GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { readNews } from '../../cli/child-history.ts';
import { newComparison } from '../../domain/compare.ts';
import { type DigestProgress, digestRanges } from '../../domain/digest-range.ts';
import { oneRange } from './harness.ts';

/** A client whose execution has these events, given oldest first, in pages of three. */
function historyOf(events: Omit<HistoryEvent, 'id' | 'timestamp'>[]) {
  const newestFirst = events.map((event, index) => ({ ...event, id: index + 1 })).reverse();
  const asked: GetExecutionHistoryCommand['input'][] = [];
  const send = async ({ input }: GetExecutionHistoryCommand) => {
    asked.push(input);
    const offset = Number(input.nextToken ?? 0);
    const nextToken = offset + 3 < newestFirst.length ? String(offset + 3) : undefined;
    return { events: newestFirst.slice(offset, offset + 3), nextToken };
  };
  return { sfn: { send } as unknown as SFNClient, asked };
}

const succeeded = (output: unknown) => ({
  type: 'LambdaFunctionSucceeded' as const,
  lambdaFunctionSucceededEventDetails: { output: JSON.stringify(output) },
});
const failed = (error: string) => ({
  type: 'LambdaFunctionFailed' as const,
  lambdaFunctionFailedEventDetails: { error, cause: 'mysql://nova:s3cret@db' },
});
const entered = { type: 'TaskStateEntered' as const };

const noNews = { opened: null, ranges: [], digests: [], compared: null, trouble: undefined, lastEventId: 0 };

const progress = (index: number, after: number) => ({ ...oneRange(100), index, after });

describe('the news of a child execution', () => {
  it('are its ranges as opened and the newest progress of each, over several pages', async () => {
    const ranges = [progress(0, 0), progress(1, 0)];
    const { sfn } = historyOf([
      entered,
      succeeded({ cell: { uuid: 'u' }, ranges, digests: [] }),
      entered,
      succeeded(progress(0, 10)),
      succeeded(progress(1, 15)),
      entered,
      succeeded(progress(0, 20)),
    ]);
    expect(await readNews(sfn, 'arn', 0)).toEqual({
      opened: { ranges, digests: [] },
      ranges: [progress(0, 20), progress(1, 15)],
      digests: [],
      compared: null,
      trouble: null,
      lastEventId: 7,
    });
  });

  it('are the newest progress of each digest and of the comparison, where a cell is verified', async () => {
    const [first, second] = digestRanges(1, 5_000_000, 2) as [DigestProgress, DigestProgress];
    const comparison = newComparison(4_000);
    const { sfn } = historyOf([
      succeeded({ cell: { uuid: 'u' }, ranges: [], digests: [first, second], comparison }),
      succeeded({ ...first, after: 10 }),
      succeeded({ ...second, after: 30_000 }),
      succeeded({ ...first, after: 25_000, done: true }),
      succeeded({ ...comparison, turns: 1, read: 5 }),
      succeeded({ ...comparison, turns: 2, read: 9 }),
    ]);
    expect(await readNews(sfn, 'arn', 0)).toEqual({
      opened: { ranges: [], digests: [first, second] },
      ranges: [],
      digests: [
        { ...first, after: 25_000, done: true },
        { ...second, after: 30_000 },
      ],
      compared: { ...comparison, turns: 2, read: 9 },
      trouble: null,
      lastEventId: 6,
    });
  });

  it('are nothing where nothing has happened since, with one call', async () => {
    const { sfn, asked } = historyOf([entered, entered, entered, succeeded(progress(0, 10)), entered]);
    expect(await readNews(sfn, 'arn', 5)).toEqual({ ...noNews, lastEventId: 5 });
    expect(asked).toHaveLength(1);
  });

  it('begin after the event that was seen last', async () => {
    const { sfn } = historyOf([succeeded(progress(0, 10)), entered, succeeded(progress(1, 20))]);
    expect((await readNews(sfn, 'arn', 1)).ranges).toEqual([progress(1, 20)]);
  });

  it('name the error of the newest attempt, and not its cause', async () => {
    const { sfn } = historyOf([failed('DatabaseUnavailable'), failed('DatabaseThrottled'), entered]);
    const news = await readNews(sfn, 'arn', 0);
    expect(news.trouble).toBe('DatabaseThrottled');
    expect(JSON.stringify(news)).not.toContain('s3cret');
  });

  it('have no trouble once an attempt has succeeded', async () => {
    const { sfn } = historyOf([failed('DatabaseUnavailable'), succeeded(progress(0, 10))]);
    expect((await readNews(sfn, 'arn', 0)).trouble).toBeNull();
  });
});
