import { describe, expect, it } from '@jest/globals';
import { explainReport } from '../../../cli/report/explain-report.ts';
import { classes } from '../../../domain/classification.ts';
import { PLACEHOLDER_UUID } from '../../../domain/instance.ts';
import { explainDocument } from '../documents.ts';
import { cellNumber } from '../harness.ts';

const reporting = { colours: false, where: { local: true } };
const [one, two] = [cellNumber(1), cellNumber(2)];
const row = { projectId: 'p', userId: null, hidden: false, gone: false, deleting: false };
const cellWith = (cell: typeof one, instance: typeof row | null) => ({
  uuid: cell.uuid,
  name: cell.name,
  instance,
  error: null,
});
const mapping = {
  id: 7,
  createdAt: '2019-03-02 04:25:00',
  updatedAt: null,
  instanceUuid: 'eb0e61d0-a371-4830-a35d-4e3256af5b3d',
  projectId: 'p',
  userId: null,
  queuedForDelete: null,
};

describe('the report of an explanation', () => {
  it('shows each cell, the mapping, the class and the command that mends it', () => {
    const document = explainDocument({
      cells: [cellWith(one, null), cellWith(two, { ...row, deleting: true })],
      mapping: { ...mapping, cell: one.uuid },
      verdicts: [{ class: 'otherCell', of: 'instance', cell: two.uuid, mappedTo: one.uuid, hiddenThere: false }],
    });
    expect(explainReport(document, reporting)).toBe(
      [
        'eb0e61d0-a371-4830-a35d-4e3256af5b3d',
        '',
        'cell   instance',
        'cell1  -',
        'cell2  being deleted, project p, user NULL',
        '',
        'mapping        to cell1, project p, user NULL, queued_for_delete NULL, created 2019-03-02 04:25:00, id 7',
        'build request  none',
        '',
        `otherCell in cell2: ${classes.otherCell.meaning}`,
        '  next: npx cellmap repair --class otherCell --local',
        '',
        'needs-attention: It is not as it should be, or nothing is known of it. (1 s)',
        '',
      ].join('\n'),
    );
  });

  it('recommends to map one that has no mapping, in its cell', () => {
    const verdicts = [{ class: 'unmapped', of: 'instance', cell: two.uuid } as const];
    expect(explainReport(explainDocument({ cells: [cellWith(two, row)], verdicts }), reporting)).toContain(
      'next: npx cellmap map --cell cell2 --local\n',
    );
  });

  it('names the details that are wrong', () => {
    const verdicts = [
      { class: 'wrongDetails', of: 'instance', cell: one.uuid, wrong: ['project', 'queuedForDelete'] } as const,
    ].map((verdict) => ({ ...verdict, wrong: [...verdict.wrong] }));
    expect(explainReport(explainDocument({ verdicts }), reporting)).toContain(' Here: project, queued_for_delete.\n');
  });

  it('recommends nothing for what is in flight, and says of a mapping that it is alone', () => {
    const verdicts = [{ class: 'inFlight', of: 'mapping', cell: null } as const];
    const document = explainDocument({
      status: 'complete',
      buildRequest: true,
      mapping: { ...mapping, cell: null },
      verdicts,
    });
    const text = explainReport(document, reporting);
    expect(text).toContain('mapping        without a cell, project p');
    expect(text).toContain('build request  yes: Nova is building it\n');
    expect(text).toContain(`inFlight, the mapping alone: ${classes.inFlight.meaning}\n`);
    expect(text).not.toContain('next:');
  });

  it('names a cell that could not be asked', () => {
    const error = { name: 'DatabaseUnavailable', message: 'It did not answer.' };
    const cells = [cellWith(one, null), { ...cellWith(two, null), error }];
    const text = explainReport(explainDocument({ status: 'failed', everyCellRead: false, cells }), reporting);
    expect(text).toContain('cell2  could not be asked (DatabaseUnavailable): It did not answer.\n');
    expect(text).toContain('No cell that could be asked has it, and it has no mapping.\n');
  });

  it.each([
    [{}, 'No cell has it, and it has no mapping.\n'],
    [{ uuid: 'EB0E61D0' }, 'it has no mapping. Letter case may matter: try eb0e61d0.\n'],
    [{ cells: [cellWith(one, { ...row, hidden: true })] }, 'It is visible nowhere: only a hidden row has it'],
    [{ uuid: PLACEHOLDER_UUID, cells: [cellWith(one, row)] }, 'It is no real instance: '],
  ])('says what there is where there is no verdict: %j', (parts, text) => {
    expect(explainReport(explainDocument(parts), reporting)).toContain(text);
  });

  it('says no more than why where the API database could not be asked', () => {
    const error = { name: 'LoginRefused', message: 'The API database refuses the login.' };
    const text = explainReport(explainDocument({ status: 'failed', error }), reporting);
    expect(text).toContain('The run failed (LoginRefused): The API database refuses the login.\n');
    expect(text).not.toContain('mapping');
  });
});
