import { describe, expect, it } from '@jest/globals';
import { parseOptions } from '../../bench/options.ts';
import { partNames } from '../../bench/parts.ts';

describe("the benchmark's options", () => {
  it('measure everything three times by default', () => {
    expect(parseOptions([])).toEqual({
      parts: [...partNames],
      rounds: 3,
      novaRounds: 3,
      divisor: 1,
      renderOnly: false,
    });
  });

  it('choose parts by what their names begin with, in their own order', () => {
    expect(parseOptions(['--only', 'live,mariadb-20000']).parts).toEqual([
      'mariadb-20000',
      'live-mariadb',
      'live-mysql',
      'live-postgresql',
    ]);
  });

  it('never measure nova-manage more often than everything else', () => {
    expect(parseOptions(['--rounds', '2']).novaRounds).toBe(2);
    expect(parseOptions(['--rounds', '2', '--nova-rounds', '5']).novaRounds).toBe(2);
    expect(parseOptions(['--nova-rounds', '0']).novaRounds).toBe(0);
  });

  it.each([
    [['--only', 'oracle'], 'oracle'],
    [['--only', ''], 'There is no part'],
    [['--rounds', '0'], '--rounds'],
    [['--rounds', 'three'], '--rounds'],
    [['--trial', '-1'], 'trial'],
    [['--quick'], 'quick'],
  ])('refuse %j, and name what is wrong', (args, blamed) => {
    expect(() => parseOptions(args)).toThrow(blamed);
  });
});
