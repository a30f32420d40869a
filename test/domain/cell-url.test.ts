import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expandCellUrl, parseDatabaseUrl } from '../../domain/database-url.ts';

const whole = '{scheme}://{username}:{password}@{hostname}:{port}/nova_cell1?{query}#{fragment}';
const pair = '{username1}:{password1}@{hostname1}:{port1} {username2}:{password2}@{hostname2}:{port2}';

describe('expandCellUrl', () => {
  // Each expected text is what the functions of nova/objects/cell_mapping.py gave on Python 3.11.
  it.each([
    [whole, 'mysql+pymysql://nova:p%40ss@DB:3307/x?a=b#f', 'mysql+pymysql://nova:p%40ss@db:3307/nova_cell1?a=b#f'],
    [whole, 'mysql://h', 'mysql://None:None@h:None/nova_cell1?#'],
    [whole, 'postgresql://u:@[2001:DB8::1]:5432/db', 'postgresql://u:@2001:db8::1:5432/nova_cell1?#'],
    ['{hostname}', 'postgresql://[fe80::1%25Eth0]/db', 'fe80::1%25Eth0'],
    [whole, 'mysql://a:b@c:d@e:0330/x', 'mysql://a:b@c:d@e:330/nova_cell1?#'],
    ['{path}', 'mysql://h/x//y', 'x//y'],
    ['{query}', 'mysql:///db?a=b?c', 'a=b?c'],
    [pair, 'mysql://u:p@H1:1,u2:p2@h2:2/db', 'u:p@H1:1 u2:p2@h2:2'],
    [pair, 'mysql://u@h1,h2/db', 'u:None@h1:None :None@h2:None'],
    ['{port1}', 'mysql://u:p@[::1]:5,u2:p2@[::2]:6/db', ':5'],
    ['{{{port}}}', 'mysql://h:1/db', '{1}'],
    ['a}}b{{c', 'mysql://h/db', 'a}b{c'],
  ])('fills %s from %s', (template, mainUrl, url) => {
    expect(expandCellUrl(template, mainUrl)).toBe(url);
  });

  it.each([
    ['an unknown name', '{nope}', 'mysql://h/db'],
    ['a number of a host that is not there', '{hostname1}', 'mysql://h/db'],
    ['an empty name', '{}', 'mysql://h/db'],
    ['a single brace', 'mysql://u:p{x@h/db', 'mysql://h/db'],
    ['a closing brace too many', '{port}}', 'mysql://h:1/db'],
    ['a main URL whose port is no number', '{hostname}', 'mysql://u:p#w@h/db'],
    ['a main URL whose port is too large', '{hostname}', 'mysql://u:p@h:99999/db'],
    ['a main URL with half a bracket', '{hostname}', 'mysql://u:p[@h/db'],
  ])('leaves the text as it stands for %s', (_, template, mainUrl) => {
    expect(expandCellUrl(template, mainUrl)).toBe(template);
  });

  it('leaves every text as it stands, doubled braces too, where no main URL is configured', () => {
    expect(expandCellUrl('mysql://u:p{{@h/db', null)).toBe('mysql://u:p{{@h/db');
  });

  it('carries any percent-encoded login of the main URL over to the cell', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((part) => part.isWellFormed());
    fc.assert(
      fc.property(text, text, (user, password) => {
        const main = `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h:3306/nova`;
        const cell = expandCellUrl('{scheme}://{username}:{password}@cell1:{port}/nova_cell1', main);
        expect(parseDatabaseUrl(cell)).toMatchObject({ user, password, host: 'cell1', database: 'nova_cell1' });
      }),
    );
  });
});
