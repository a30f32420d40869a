import { expect } from '@jest/globals';
import { addClassCounts, type ClassCounts } from '../../domain/examine.ts';
import type { VerifyResult } from '../../domain/verification-result.ts';
import { cellmap } from '../end-to-end/command.ts';
import type { InstalledNova } from './installed-nova.ts';

/** What `cellmap verify` is to find in a cloud that needs a look. */
export interface ExpectedVerdict {
  /** How many there are of each class; of the others, none. */
  classes: Partial<ClassCounts>;
  /** The projects of which Nova's quota counts another number than there is. */
  wrongQuotas: NonNullable<VerifyResult['quota']>['wrong'];
}

/** Runs `cellmap verify` as an operator does while Nova's control plane is stopped, and compares its verdict. */
export async function expectVerdict(nova: InstalledNova, { classes, wrongQuotas }: ExpectedVerdict): Promise<void> {
  const where = ['--local', '--config-file', nova.configFile];
  const { code, stdout, stderr } = await cellmap(['verify', ...where, '--second-look', '0', '--json']);
  expect({ code, stderr }).toMatchObject({ code: 3 });
  const { status, everyCellRead, totals, quota } = JSON.parse(stdout) as VerifyResult;
  expect({ status, everyCellRead }).toEqual({ status: 'needs-attention', everyCellRead: true });
  expect(totals).toEqual(addClassCounts([classes]));
  expect(quota?.wrong).toEqual(wrongQuotas);
}
