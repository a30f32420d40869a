import { describe } from '@jest/globals';
import { startPostgres } from '../../local/postgres.ts';
import { describeNova } from './describe-nova.ts';
import { upgradeSuite } from './upgrade.ts';

describeNova('the upgrade of a real Nova', () => {
  describe('on PostgreSQL', () => {
    upgradeSuite(() => startPostgres(), 'postgresql', {
      stuck: { marker: 2, E3: 182, E6: 4, E9: 139, E11: 1, E14: 60 },
      repaired: { marker: 2, E3: 207, E6: 4, E9: 2, E11: 1, E14: 63 },
      archiving: {
        refusal: /"locked_by" is of type shadow_instances0locked_by but expression is of type instances0locked_by/,
        remedy: `ALTER TABLE shadow_instances ALTER COLUMN locked_by
          TYPE instances0locked_by USING CAST(CAST(locked_by AS text) AS instances0locked_by)`,
      },
    });
  });
});
