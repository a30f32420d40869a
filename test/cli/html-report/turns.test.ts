import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { readHistory } from '../../../cli/html-report/turns.ts';
import { digestRanges } from '../../../domain/digest-range.ts';
import { countsWith, oneRange } from '../harness.ts';

/** A history in the making: events a second apart, each behind the one that is named or the last. */
class Events {
  readonly all: HistoryEvent[] = [];

  add(type: HistoryEvent['type'], details: Partial<HistoryEvent> = {}, behind = this.all.length): number {
    const id = this.all.length + 1;
    this.all.push({ id, previousEventId: behind, type, timestamp: new Date(id * 1_000), ...details });
    return id;
  }

  enter(name: string, behind?: number): number {
    return this.add('TaskStateEntered', { stateEnteredEventDetails: { name } }, behind);
  }

  /** An attempt that answers. */
  answer(output: unknown, behind?: number): number {
    this.add('LambdaFunctionScheduled', {}, behind);
    this.add('LambdaFunctionStarted');
    const lambdaFunctionSucceededEventDetails = { output: JSON.stringify(output) };
    return this.add('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails });
  }

  /** An attempt that fails. */
  fail(error: string, behind?: number): number {
    this.add('LambdaFunctionScheduled', {}, behind);
    this.add('LambdaFunctionStarted');
    return this.add('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: { error } });
  }
}

const progress = (index: number, counted: number, turns = 1) => {
  return { ...oneRange(100), index, turns, counts: countsWith(counted) };
};

describe('a history', () => {
  it('tells of each turn what it did itself, range by range, and how long it took', () => {
    const events = new Events();
    const map = events.add('MapStateEntered', { stateEnteredEventDetails: { name: 'MapEachRange' } });
    const first = events.answer(progress(0, 30), events.enter('MapRange', map));
    const second = events.answer(progress(1, 50), events.enter('MapRange', map));
    events.answer(progress(0, 70, 2), events.enter('MapRange', first));
    const { turns } = readHistory(events.all);
    expect(turns.map(({ done }) => done)).toEqual([
      { read: 30, mapped: 30 },
      { read: 50, mapped: 50 },
      { read: 40, mapped: 40 },
    ]);
    expect(turns[0]).toMatchObject({ fromMs: 3_000, toMs: first * 1_000 });
    expect(turns[1]).toMatchObject({ toMs: second * 1_000 });
  });

  it('tells what was tried again, why, and how long it was waited, although ranges go on beside it', () => {
    const events = new Events();
    const one = events.enter('MapRange');
    const other = events.enter('MapRange', 0);
    const failed = events.fail('DatabaseThrottled', one);
    events.answer(progress(1, 5), other);
    events.answer(progress(0, 5), failed);
    const { retries } = readHistory(events.all);
    expect(retries).toEqual([{ step: 'MapRange', error: 'DatabaseThrottled', waitedMs: 4_000 }]);
  });

  it('does not take an error for a retry where nobody tried again', () => {
    const events = new Events();
    const failed = events.fail('DatabaseUnavailable', events.enter('OpenCell'));
    events.answer({ uuid: 'u', status: 'failed' }, events.enter('CellFailed', failed));
    expect(readHistory(events.all).retries).toEqual([]);
  });

  it('counts a time-out as a reason, and a turn that handed over for an error', () => {
    const events = new Events();
    events.enter('MapRange');
    events.add('LambdaFunctionScheduled');
    const late = events.add('LambdaFunctionTimedOut', {
      lambdaFunctionTimedOutEventDetails: { error: 'States.Timeout' },
    });
    const fault = { name: 'DatabaseUnavailable', message: 'No answer.' };
    events.answer({ ...progress(0, 5), fault }, late);
    expect(readHistory(events.all).retries).toEqual([
      { step: 'MapRange', error: 'States.Timeout', waitedMs: 1_000 },
      { step: 'MapRange', error: 'DatabaseUnavailable', waitedMs: 0 },
    ]);
  });

  it('leaves to the result what a writer waited for by itself', () => {
    const events = new Events();
    const fault = { name: 'DatabaseThrottled', message: 'Slowly.' };
    events.answer({ ...progress(0, 5), fault }, events.enter('MapRange'));
    expect(readHistory(events.all).retries).toEqual([]);
  });

  it('tells ids where a range is passed over, and begins anew where a range is made again', () => {
    const events = new Events();
    const range = progress(0, 0);
    events.answer({ ...range, kind: 'passOver', after: range.upTo, done: true }, events.enter('MapRange'));
    events.answer(progress(0, 30), events.enter('MapRange'));
    events.answer(progress(0, 10), events.enter('MapRange'));
    expect(readHistory(events.all).turns.map(({ done }) => done)).toEqual([
      { passedOver: range.upTo - range.from },
      { read: 30, mapped: 30 },
      { read: 10, mapped: 10 },
    ]);
  });

  it('tells for which cell it is, and what the run goes by', () => {
    const events = new Events();
    events.add('ExecutionStarted', { executionStartedEventDetails: { input: '{"uuid":"u1","settings":{}}' } });
    events.answer({ settings: { writers: 4 }, cells: [] }, events.enter('ListCells'));
    expect(readHistory(events.all)).toMatchObject({ cell: 'u1', settings: { writers: 4 } });
  });

  it('of a verification counts ids, of cells and of mappings apart', () => {
    const [range] = digestRanges(1, 1_000, 1);
    const events = new Events();
    events.answer({ ...range, turns: 1, after: 400 }, events.enter('DigestMappings'));
    events.answer({ ...range, turns: 2, after: 1_000 }, events.enter('DigestMappings'));
    events.answer({ ...range, turns: 1, after: 1_000, done: true }, events.enter('DigestInstances'));
    expect(readHistory(events.all).turns.map(({ done }) => done)).toEqual([
      { mappingIds: 400 },
      { mappingIds: 600 },
      { instanceIds: 1_000 },
    ]);
  });

  it.each([undefined, 'no JSON', '[]', '{"progress":1}'])('passes over an output such as %s', (output) => {
    const events = new Events();
    events.enter('MapRange');
    events.add('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: { output } });
    expect(readHistory(events.all)).toEqual({ cell: null, settings: null, turns: [], retries: [] });
  });
});
