import { expect, it } from '@jest/globals';
import { countersBetween } from '../../bench/counters.ts';

it("reads MariaDB's counters: what happened in between, and all ways of reading rows together", () => {
  const before = {
    Questions: 10,
    Bytes_received: 5,
    Bytes_sent: 7,
    Handler_read_key: 1,
    Handler_write: 100,
    Com_insert: 2,
  };
  const after = {
    Questions: 15,
    Bytes_received: 105,
    Bytes_sent: 207,
    Handler_read_key: 11,
    Handler_read_rnd_next: 90,
    Handler_write: 400,
    Handler_tmp_write: 9_999,
    Com_insert: 3,
    Com_insert_select: 4,
  };
  expect(countersBetween(before, after)).toEqual({
    statements: 5,
    bytesReceived: 100,
    bytesSent: 200,
    rowsRead: 100,
    rowsInserted: 300,
    insertStatements: 5,
  });
});

it("takes MySQL's own counter of rows, as its Handler_write counts temporary tables too", () => {
  const counters = countersBetween(
    { Innodb_rows_inserted: 1, Handler_write: 1 },
    { Innodb_rows_inserted: 4, Handler_write: 900 },
  );
  expect(counters.rowsInserted).toBe(3);
});

it("reads PostgreSQL's counters, in which each statement is a transaction, and leaves out what it does not count", () => {
  const none = { xact_commit: 0, xact_rollback: 0, tup_returned: 0, n_tup_ins: 0 };
  expect(countersBetween(none, { xact_commit: 8, xact_rollback: 1, tup_returned: 70, n_tup_ins: 60 })).toEqual({
    statements: 9,
    bytesReceived: null,
    bytesSent: null,
    rowsRead: 70,
    rowsInserted: 60,
    insertStatements: null,
  });
});
