import { describeMariadb, startMariadb } from '../servers/mariadb.ts';
import { describeNova } from './describe-nova.ts';
import { upgradeSuite } from './upgrade.ts';

describeNova('the upgrade of a real Nova', () => {
  describeMariadb('on MariaDB', () => {
    upgradeSuite(() => startMariadb(), 'mysql', {
      stuck: { marker: 2, E3: 182, E6: 4, E9: 136, E11: 1, E14: 30 },
      repaired: { marker: 2, E3: 207, E6: 4, E9: 2, E11: 1, E14: 30 },
    });
  });
});
