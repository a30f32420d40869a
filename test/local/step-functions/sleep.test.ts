import { describe, expect, it } from '@jest/globals';
import { sleep } from '../../../local/step-functions/sleep.ts';

describe('sleep', () => {
  it('is over at once when there is nothing to wait for', async () => {
    await expect(sleep(0, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('waits longer than one timer can, and rejects when it is aborted', async () => {
    const abort = new AbortController();
    const wait = sleep(2 ** 31, abort.signal);
    // Node fires a timer that is too long after 1 ms.
    await sleep(20, new AbortController().signal);
    abort.abort();
    await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
  });
});
