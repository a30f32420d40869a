import { type FoundSuspects, findSuspectsSchema } from '../contract/payloads.ts';
import { type Inquiry, resultKeys } from '../contract/results.ts';
import { newPart } from '../domain/examine.ts';
import { addParts } from '../domain/suspects.ts';
import { noUsage } from '../domain/usage.ts';
import { writeResult } from './clients.ts';
import { readEndedCells } from './ended-cells.ts';
import { step } from './step.ts';

/** Sums up what the cells and the mappings left to be looked at again, and which cells were read. */
export const handler = step(
  findSuspectsSchema,
  async ({ settings, cells, digested }, { logger, deadline }): Promise<FoundSuspects> => {
    const ended = await readEndedCells(settings.run, cells, undefined, deadline);
    const compared = ended.flatMap(({ listed, record }) =>
      record.kind === 'compared' ? [{ uuid: listed.uuid, ...record }] : [],
    );
    const inquiry: Inquiry = {
      sources: [
        ...digested.map(({ index, turns }) => ({ cell: null, name: `mappings-${index}`, turns })),
        ...compared.map(({ uuid, turns }) => ({ cell: uuid, name: uuid, turns })),
      ],
      cells: compared.map(({ uuid, source }) => ({ uuid, source })),
      everyCellRead: settings.everyCell && compared.length === cells.length,
    };
    await writeResult(resultKeys.inquiry(settings.run), inquiry, deadline);
    const found = [...digested, ...compared];
    const numbers = addParts(found.map(({ suspects }) => suspects));
    const unsettled = found.reduce((sum, each) => sum + each.unsettled, 0);
    logger.info('suspects found', { suspects: numbers, unsettled });
    return {
      any: numbers.some((number) => number > 0),
      waitSeconds: unsettled > 0 ? settings.secondLookSeconds : 0,
      parts: numbers.flatMap((number, part) => (number > 0 ? [newPart(part, number)] : [])),
      usage: noUsage(),
    };
  },
);
