import { describe, expect, it } from '@jest/globals';
import { titleOf } from '../../../cli/html-report/elements.ts';
import type { ExecutionFacts } from '../../../cli/html-report/facts.ts';
import { renderHtmlReport } from '../../../cli/html-report/render.ts';
import type { ResultDocument } from '../../../cli/records.ts';
import { meaningOf } from '../../../cli/report/map-report.ts';
import { meaningAfter } from '../../../cli/report/meanings.ts';
import { failedPlan, foldCells, foldPlan } from '../../../domain/result.ts';
import { runStatuses } from '../../../domain/run-status.ts';
import { explainDocument, repairDocument, undoDocument, verifiedCell, verifyDocument } from '../documents.ts';
import { cellNumber, changeNumber } from '../harness.ts';
import { brokenDocument, factsOf, largeDocument, mapDocument, mappedCell, STARTED_MS, UNAVAILABLE } from './facts.ts';

const at = { startedAt: new Date(STARTED_MS).toISOString(), seconds: 4 };

/** What a reader sees of a page: its texts, a line each. */
function textOf(page: string): string {
  return page
    .replace(/<(style|title)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replace(/<\/?(code|span|strong|time|br)\b[^>]*>/g, '')
    .replace(/<[^>]+>/g, '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

const render = (document: ResultDocument | null, others?: Parameters<typeof factsOf>[1]) =>
  textOf(renderHtmlReport(factsOf(document, others)));

describe('the report of a run that maps', () => {
  it('begins with the status and what it means, whatever the status', () => {
    for (const { status } of runStatuses) {
      const text = render({ ...brokenDocument(), status });
      const places = [titleOf(status), meaningOf(status), 'What to do next'].map((words) => text.indexOf(words));
      if (status === 'complete') places.pop();
      expect(places).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });

  it('names the failed cell and the conflict, each with its remedy', () => {
    const text = render(brokenDocument());
    expect(text).toContain('1 of 3 cells failed and 1 conflict');
    expect(text).toContain('cell2 failed: DatabaseUnavailable');
    expect(text).toContain(UNAVAILABLE.message);
    expect(text).toContain('npx cellmap map --cell cell2 --stack cellmap');
    expect(text).toContain('otherCell: 1 instance');
    expect(text).toContain('npx cellmap explain deadbeef-0000-4000-8000-000000000001 --stack cellmap');
    expect(text).toContain('npx cellmap repair --class otherCell --stack cellmap');
  });

  it('tells those apart that failed for one reason from those that did not', () => {
    const other = { name: 'LoginRefused', message: 'The database refuses the login.' };
    const naming = (number: number) => ({
      ...UNAVAILABLE,
      message: `The database of cell cell${number} did not answer.`,
    });
    const failing = (number: number, error = naming(number)) => mappedCell(number, {}, { error });
    const text = render(mapDocument([failing(1), failing(2), failing(3, other)]));
    expect(text).toContain('2 cells failed: DatabaseUnavailable');
    expect(text).toContain('cell1: The database of cell cell1 did not answer.');
    expect(text).toContain('npx cellmap map --cell cell1 --cell cell2 --stack cellmap');
    expect(text).toContain('cell3 failed: LoginRefused');
  });

  it('says that there is nothing to do where there is nothing', () => {
    const text = render(mapDocument([mappedCell(1, { mapped: 5 })]));
    expect(text).toContain('Nothing needs you');
    expect(text).toContain('npx cellmap verify --stack cellmap');
  });

  it('goes on with the cells that were chosen where --max-count was reached', () => {
    const document = mapDocument([mappedCell(1, { mapped: 5, unmapped: 1 })]);
    const text = render(document, { reporting: { colours: false, where: { local: true }, cells: ['cell1'] } });
    expect(text).toContain('1 cell not read to the end');
    expect(text).toContain('npx cellmap map --cell cell1 --local');
  });

  it('keeps the words of a database as texts, wherever they stand', () => {
    const name = `<script>alert('x')</script>`;
    const instance = '<img src=x onerror=alert(1)>';
    const page = renderHtmlReport(
      factsOf(
        mapDocument([
          mappedCell(
            1,
            { conflicts: { otherCell: 1, noCell: 0 } },
            { name, samples: [{ instance, problem: 'otherCell' }] },
          ),
          mappedCell(2, {}, { name, error: { name, message: instance } }),
        ]),
        { where: name },
      ),
    );
    expect(page).not.toMatch(/<(script|img)/i);
    expect(textOf(page)).toContain(name);
    expect(textOf(page)).toContain(instance);
  });

  it('tells what was tried again and where it paused, and of what it does not know', () => {
    const retry = { cell: 'cell2', step: 'OpenCell', error: 'DatabaseUnavailable', times: 2, waitedMs: 3_400 };
    const document = brokenDocument();
    const [first] = document.cells;
    first?.pauses.push({ reason: 'load', times: 4, seconds: 22 });
    const { histories } = factsOf(document);
    const some = { ...histories, cells: 1_000, read: 200, trouble: 'ThrottlingException', retries: [retry] };
    const text = render(document, { histories: some });
    expect(text.replaceAll(/\n+/g, ' | ')).toContain('cell2 | OpenCell | DatabaseUnavailable | 2 | 3.4 s');
    expect(text.replaceAll(/\n+/g, ' | ')).toContain('cell1 | for --load load | 4 | 22 s');
    expect(text).toContain(
      'Of 1,000 cells the histories of 200 were read (ThrottlingException): those that took longest.',
    );
    expect(render(document)).not.toContain('histories of 3 were read');
  });

  it('tells what it used and may cost, where that is known', () => {
    const usage = {
      transitions: 1_234,
      lambdaRequests: 56,
      lambdaGbSeconds: 78.25,
      dataApiRequests: 910,
      dataApiUnits: 1_112,
      estimatedDollars: 0.0134,
    };
    const text = render({ ...brokenDocument(), usage });
    expect(text.replaceAll(/\n+/g, ' | ')).toContain('cost | $0.013 | state transitions | 1,234');
    expect(render(brokenDocument())).not.toContain('Usage');
  });

  it('tells the environment, and no secret of it', () => {
    const where = { local: true, apiDatabase: 'mysql+pymysql://nova:s3cret@db1/nova_api' };
    const text = render(brokenDocument(), { reporting: { colours: false, where } });
    expect(text).toContain('arn:aws:states:eu-central-1:111122223333:stateMachine:cellmap');
    expect(text).toContain('npx cellmap map --cell cell2 --local --api-database URL');
    expect(text).not.toContain('s3cret');
  });

  it('of 1,000 cells, a quarter of them failed and half in conflict, has less than a megabyte', () => {
    const page = renderHtmlReport(factsOf(largeDocument(1_000)));
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
    for (const number of [0, 1, 2, 999]) expect(page).toContain(`-compute-cell-${number}<`);
  });
});

describe('the report of another mode', () => {
  it('of a plan shows what map would insert, by cell and project, and which checks do not hold', () => {
    const plan = { instances: 7, projects: [{ project: 'one', instances: 7 }] };
    const cell = { ...mappedCell(1, { unmapped: 7 }), plan };
    const check = { check: 'grants', state: 'warning', detail: 'no INSERT', remedy: 'GRANT INSERT …' } as const;
    const preflight = [{ database: 'API database', cell: null, checks: [check] }];
    const text = render(foldPlan(at, [cell], preflight));
    for (const words of [meaningAfter('plan', 'more-remain'), '7 instances to map', 'GRANT INSERT …', 'one']) {
      expect(text).toContain(words);
    }
    expect(text).toContain('npx cellmap map --stack cellmap');
  });

  it('of a plan that could not list its cells says which database cannot be used, and why', () => {
    const check = { check: 'tables', state: 'failed', detail: 'there is no table x', remedy: 'Check it.' } as const;
    const document = failedPlan(at, [{ database: 'API database', cell: null, checks: [check] }]);
    const fault = { name: 'UnexpectedTables', message: 'The tables are not those of Nova.' };
    const { execution } = factsOf(document);
    const text = render(document, { execution: execution === null ? null : { ...execution, fault } });
    for (const words of ['1 of 1 database cannot be used', fault.message, check.detail, check.remedy]) {
      expect(text).toContain(words);
    }
  });

  it('of cells shows their sizes, and why one could not be counted', () => {
    const listing = { disabled: false, database: 'db1:3306/nova', instances: 1_234, mappings: 5, error: null };
    const down = { ...listing, instances: null, mappings: null, error: UNAVAILABLE };
    const cells = [
      { ...listing, uuid: cellNumber(1).uuid, name: 'cell1' },
      { ...down, uuid: cellNumber(2).uuid, name: 'cell2' },
    ];
    const text = render(foldCells(at, cells));
    for (const words of ['1 of 2 cells failed', 'db1:3306/nova', '1,234', UNAVAILABLE.message]) {
      expect(text).toContain(words);
    }
    expect(text).toContain('npx cellmap cells --stack cellmap');
  });

  it('of a verification names each class with its meaning and what mends it', () => {
    const sample = { class: 'otherCell', instance: 'u1', mappedTo: cellNumber(2).uuid } as const;
    const cells = [
      verifiedCell(cellNumber(1), 10, { otherCell: 1, inFlight: 2 }, [sample]),
      { ...verifiedCell(cellNumber(2), 0), status: 'failed' as const, error: UNAVAILABLE },
    ];
    const wrong = [{ project: 'p1', counted: 5, live: 3, deleting: 0 }];
    const text = render(verifyDocument(cells, { quota: { projects: 2, counted: 5, live: 3, wrong } }));
    expect(text).toContain('1 of 2 cells failed and 1 otherCell');
    expect(text).toContain(meaningAfter('verify', 'failed'));
    expect(text).toContain('npx cellmap repair --class otherCell --stack cellmap');
    expect(text).toContain('npx cellmap verify --stack cellmap');
    expect(text).toContain('Wrong for 1 of 2 projects');
  });

  it('of a repair shows the changes, and how to make them', () => {
    const document = repairDocument('more-remain', {
      applied: false,
      planned: { wrongDetails: 1 },
      samples: [changeNumber(1)],
    });
    const cellNames = new Map([
      [1, 'cell1'],
      [2, 'cell2'],
    ]);
    const text = render(document, { reporting: { colours: false, where: { stack: 's' }, cellNames } });
    expect(text).toContain('1 row to change');
    expect(text).toContain('cell cell1 → cell2, queued_for_delete NULL → 0');
    expect(text).toContain('npx cellmap repair --class wrongDetails --apply --stack s');
  });

  it('of an explanation shows where the instance is, and the verdict', () => {
    const cell = cellNumber(1).uuid;
    const text = render(explainDocument({ verdicts: [{ class: 'unmapped', of: 'instance', cell }] }));
    expect(text).toContain('unmapped in cell1');
    expect(text).toContain('npx cellmap map --cell cell1 --stack cellmap');
    expect(text).toContain('eb0e61d0-a371-4830-a35d-4e3256af5b3d');
  });

  it('of an undo shows what was left alone', () => {
    const text = render(undoDocument(3, 1));
    expect(text).toContain('Put back 3 of 4 rows'.toLowerCase());
    expect(text).toContain('instance-0');
  });
});

describe('the report of a run without a result document', () => {
  const execution = (others: Partial<ExecutionFacts>) => {
    const facts = factsOf(null).execution;
    return { execution: facts === null ? null : { ...facts, ...others } };
  };

  it('tells the error that ended it', () => {
    const fault = { name: 'UnknownCell', message: 'There is no cell "cell9".' };
    const text = render(null, execution({ status: 'FAILED', fault, input: { cells: ['cell9'] } }));
    expect(text).toContain('The run failed: UnknownCell');
    expect(text).toContain(fault.message);
    // The same once more would end in the same way.
    expect(text).toContain('npx cellmap cells --stack cellmap');
    expect(text).not.toContain('npx cellmap map');
  });

  it('of a failure that may pass, tells how to run it again', () => {
    const fault = { name: 'LoginRefused', message: 'The API database refuses the login.' };
    const text = render(null, execution({ status: 'FAILED', fault }));
    expect(text).toContain('npx cellmap map --stack cellmap');
  });

  it('tells that it goes on, and how to follow it', () => {
    const text = render(null, execution({ status: 'RUNNING', endedAtMs: null }));
    expect(text).toContain('Still running');
    expect(text).toContain('npx cellmap watch map-20261122T140501Z-ab12 --stack cellmap');
  });

  it('tells that it was stopped, in the words of its mode', () => {
    const text = render(null, { ...execution({ status: 'ABORTED' }), mode: 'verify' });
    expect(text).toContain(meaningAfter('verify', 'stopped'));
    expect(text).toContain('npx cellmap verify --stack cellmap');
  });

  it('tells that it reached its time limit', () => {
    expect(render(null, execution({ status: 'TIMED_OUT' }))).toContain('The run reached its time limit');
  });

  it('tells what is known once the execution is forgotten', () => {
    const text = render(brokenDocument(), { execution: null });
    expect(text).toContain('cell2 failed: DatabaseUnavailable');
    expect(text).toContain('There is no history to tell');
  });
});
