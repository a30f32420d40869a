import { describe, expect, it } from '@jest/globals';
import { verifyReport } from '../../../cli/report/verify-report.ts';
import { classes } from '../../../domain/classification.ts';
import { addClassCounts, noClassCounts, type VerdictSample } from '../../../domain/examine.ts';
import { verifiedCell, verifyDocument } from '../documents.ts';
import { cellNumber } from '../harness.ts';

const reporting = { colours: false, where: { local: true, configFile: '/etc/nova/nova.conf' } };
const [one, two] = [cellNumber(1), cellNumber(2)];

const samples = (number: number, name: VerdictSample['class'], others: Partial<VerdictSample> = {}) =>
  Array.from(
    { length: number },
    (_, index): VerdictSample => ({ instance: `${name}-${index}`, class: name, ...others }),
  );

describe('the report of a verification', () => {
  it('of a cloud that is right shows the cells and the quotas', () => {
    const document = verifyDocument([verifiedCell(one, 40_000), verifiedCell(two, 2, { inFlight: 1 })], {
      quota: { projects: 3, counted: 17_928, live: 17_928, wrong: [] },
    });
    expect(verifyReport(document, reporting)).toBe(
      [
        'cell   instances  correct  inFlight  status',
        'cell1     40,000   40,000         0  ✓ complete',
        'cell2          2        1         1  ✓ complete',
        'total     40,002   40,001         1  ✓ complete',
        '',
        'inFlight (1): Nova is building it: a build request exists. Leave it.',
        '',
        'Quotas are right: Nova counts 17,928 live instances of 3 projects.',
        '',
        '40,001 of 40,002 instances in 2 cells are correct; verified in 4.2 s.',
        'complete: Every instance is findable with the right details; builds in flight and placeholders are allowed.',
        '',
      ].join('\n'),
    );
  });

  it('shows of each class what it means, five of it, and the command for it, the worst class first', () => {
    const document = verifyDocument([
      verifiedCell(one, 100, { unmapped: 2, wrongDetails: 1, inTwoCells: 1 }, [
        ...samples(2, 'unmapped'),
        ...samples(1, 'wrongDetails', { wrong: ['user', 'queuedForDelete'] }),
        ...samples(1, 'inTwoCells'),
      ]),
      verifiedCell(two, 100, { otherCell: 30 }, samples(20, 'otherCell', { mappedTo: one.uuid, hiddenThere: true })),
    ]);
    const text = verifyReport(document, reporting);
    const where = '--local --config-file /etc/nova/nova.conf';
    expect(text).toContain(
      [
        `inTwoCells (1): ${classes.inTwoCells.meaning}`,
        '  inTwoCells-0 in cell1',
        `  next: npx cellmap explain inTwoCells-0 ${where}`,
        '',
        `otherCell (30): ${classes.otherCell.meaning}`,
        ...[0, 1, 2, 3, 4].map((index) => `  otherCell-${index} in cell2, mapped to cell1, which has it hidden`),
        '  and 25 more; --json lists up to 20 a cell',
        `  next: npx cellmap repair --class otherCell ${where}`,
        '',
        `unmapped (2): ${classes.unmapped.meaning}`,
        '  unmapped-0 in cell1',
        '  unmapped-1 in cell1',
        `  next: npx cellmap map ${where}`,
        '',
        `wrongDetails (1): ${classes.wrongDetails.meaning}`,
        '  wrongDetails-0 in cell1: user, queued_for_delete',
        `  next: npx cellmap repair --class wrongDetails ${where}`,
        '',
      ].join('\n'),
    );
    expect(text).toMatch(/^needs-attention: /m);
  });

  it('gives mappings without a cell a row of their own, and those of missing instances their cell', () => {
    const document = verifyDocument([verifiedCell(one, 3, { orphan: 1 }, samples(1, 'orphan'))], {
      withoutCell: {
        mappings: 2,
        classes: addClassCounts([noClassCounts(), { orphan: 1, placeholder: 1 }]),
        samples: [{ instance: 'lost', class: 'orphan' }],
      },
    });
    const text = verifyReport(document, reporting);
    expect(text).toMatch(/^without a cell +0 +0 +1 +1 +! needs-attention$/m);
    expect(text).toMatch(/^total +3 +2 +2 +1 +! needs-attention$/m);
    expect(text).toContain('\n  orphan-0, mapped to cell1\n  lost, without a cell\n');
  });

  it('with --cell recommends the same cells where that is enough, and all of them where it is not', () => {
    const document = verifyDocument(
      [verifiedCell(one, 9, { noCell: 1, unmapped: 1, wrongDetails: 1, undecided: 1 }, samples(1, 'undecided'))],
      { everyCellRead: false, quota: null },
    );
    const text = verifyReport(document, { ...reporting, where: { stack: 'my stack' }, cells: ['cell1', 'odd name'] });
    expect(text.match(/next: .*/g)).toEqual([
      "next: npx cellmap repair --class noCell --stack 'my stack'",
      "next: npx cellmap map --cell cell1 --cell 'odd name' --stack 'my stack'",
      "next: npx cellmap repair --class wrongDetails --cell cell1 --cell 'odd name' --stack 'my stack'",
      "next: npx cellmap verify --stack 'my stack'",
    ]);
    expect(text).toContain('Quotas are not known: that takes every cell.');
    expect(text).toContain('not every cell of the cloud was read.');
  });

  it('never repeats a URL in a command, for its password', () => {
    const where = { local: true, apiDatabase: 'mysql://nova:s3cret@db/nova_api' };
    const text = verifyReport(verifyDocument([verifiedCell(one, 1, { unmapped: 1 })]), { ...reporting, where });
    expect(text).toContain('next: npx cellmap map --local --api-database URL\n');
    expect(text).not.toContain('s3cret');
  });

  it('shows the ten projects whose quotas are the most wrong', () => {
    const wrong = Array.from({ length: 12 }, (_, index) => ({
      project: `project-${index}`,
      counted: 10 + index,
      live: 10,
      deleting: 0,
    }));
    wrong.push({ project: 'few', counted: 1, live: 20, deleting: 3 });
    const document = verifyDocument([verifiedCell(one, 1)], {
      quota: { projects: 80, counted: 187, live: 140, wrong },
    });
    const text = verifyReport(document, reporting);
    expect(text).toContain(
      'Quotas are wrong for 13 of 80 projects: Nova counts 187 live instances, and there are 140.\n',
    );
    const shown = [...text.matchAll(/^ {2}(few|project-\d+) +.* ([-+]?\d+)$/gm)].map(([, name, off]) => [name, off]);
    expect(shown).toHaveLength(10);
    expect(shown.slice(0, 2)).toEqual([
      ['few', '-16'],
      ['project-11', '+11'],
    ]);
    expect(text).toContain('  and 3 more; --json lists all');
  });

  it('says why a cell could not be read', () => {
    const error = { name: 'DatabaseUnavailable', message: 'The database of cell cell2 did not answer. Start it.' };
    const document = verifyDocument([verifiedCell(one, 1), { ...verifiedCell(two, 0), status: 'failed', error }], {
      status: 'failed',
      everyCellRead: false,
      quota: null,
    });
    const text = verifyReport(document, reporting);
    expect(text).toContain(`cell2 failed (DatabaseUnavailable): ${error.message}`);
    expect(text).toMatch(/^failed: A cell or the API database could not be read/m);
  });

  it('of a run that had no cells yet says why it failed', () => {
    const error = { name: 'LoginRefused', message: 'The API database refuses the login.' };
    const text = verifyReport(verifyDocument([], { status: 'failed', error }), reporting);
    expect(text).toMatch(/^\nThe run failed \(LoginRefused\): The API database refuses the login\.\nfailed: .*\n$/);
  });
});
