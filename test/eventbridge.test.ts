import { describe, expect, it } from '@jest/globals';
import { type BusEvent, matches, transform } from './eventbridge.ts';

const event: BusEvent = {
  id: '1',
  source: 'nova.pipeline',
  'detail-type': 'Nova Deployed',
  detail: { stack: 'nova-api', tags: ['a', 'b'], status: { now: 'DONE' } },
};

describe('a pattern', () => {
  it.each([
    [{}],
    [{ source: ['other', 'nova.pipeline'] }],
    [{ source: [{ prefix: 'nova.' }], 'detail-type': ['Nova Deployed'] }],
    [{ detail: { status: { now: ['DONE'] } } }],
    [{ detail: { tags: ['b'] } }],
    [{ detail: { cells: [{ exists: false }], stack: [{ exists: true }] } }],
  ])('%j takes the event', (pattern) => {
    expect(matches(pattern, event)).toBe(true);
  });

  it.each([
    [{ source: ['nova'] }],
    [{ source: ['nova.pipeline'], 'detail-type': ['Nova deployed'] }],
    [{ detail: { status: { now: ['FAILED'] } } }],
    [{ detail: { tags: ['c'] } }],
    [{ detail: { stack: [{ prefix: 'api' }] } }],
    [{ detail: { cells: [{ exists: true }] } }],
    [{ detail: { cells: { deep: ['x'] } } }],
  ])('%j does not', (pattern) => {
    expect(matches(pattern, event)).toBe(false);
  });

  it('with an operator that is not known here is refused', () => {
    expect(() => matches({ source: [{ suffix: 'x' }] }, event)).toThrow('suffix');
  });
});

describe('a transformer', () => {
  it('puts in JSON, whatever is in the values', () => {
    const quoted = { ...event, detail: { text: 'a "b" \\' } };
    const InputPathsMap = { detail: '$.detail', id: '$.id', type: '$.detail-type' };
    const InputTemplate = '{"a":<detail>,"b":<id>,"c":<type>}';
    expect(transform({ InputPathsMap, InputTemplate }, quoted)).toEqual({
      a: quoted.detail,
      b: '1',
      c: 'Nova Deployed',
    });
  });

  it('of a field that is not there makes no JSON, which is not delivered', () => {
    expect(() =>
      transform({ InputPathsMap: { cells: '$.detail.cells' }, InputTemplate: '{"cells":<cells>}' }, event),
    ).toThrow();
  });
});
