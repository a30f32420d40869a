import { describe, expect, it, jest } from '@jest/globals';
import { RecordWriter } from '../../../local/data-api/records.ts';
import type { Column } from '../../../local/data-api/session.ts';
import type { AwsFault } from '../../../local/endpoint.ts';

const TEXT: Column = { name: 'a', label: 'a', typeName: 'text', kind: 'string' };

describe('RecordWriter', () => {
  it('refuses a second result set', () => {
    const onFault = jest.fn<(fault: AwsFault) => void>();
    const writer = new RecordWriter('NONE', onFault);
    writer.columns([TEXT]);
    writer.columns([TEXT]);
    expect(onFault).toHaveBeenCalledWith(
      expect.objectContaining({
        name: 'UnsupportedResultException',
        message: 'The statement returned more than one result set',
      }),
    );
  });

  it('says once that a result is too large, as soon as it is, and drops the rest', () => {
    const onFault = jest.fn<(fault: AwsFault) => void>();
    const writer = new RecordWriter('JSON', onFault);
    writer.columns([TEXT]);
    for (let row = 0; row < 17; row += 1) writer.row(['x'.repeat(60_000)]);
    expect(onFault).not.toHaveBeenCalled();
    for (let row = 0; row < 1_000; row += 1) writer.row(['x'.repeat(60_000)]);
    expect(onFault).toHaveBeenCalledTimes(1);
  });
});
