import { parseArgs } from 'node:util';
import { type PartName, partNames } from './parts.ts';

/** How much is to be measured. */
export interface BenchOptions {
  parts: PartName[];
  rounds: number;
  /** How often nova-manage is measured: each round of it takes minutes. */
  novaRounds: number;
  /** Every size is divided by this, for a trial of the benchmark itself; its results are kept apart. */
  divisor: number;
  /** Only to render what has been measured. */
  renderOnly: boolean;
}

/** What the command prints where it does not understand. */
export const USAGE = `Usage: npm run bench -- [--only PART[,PART…]] [--rounds N] [--nova-rounds N] [--trial N] [--render]
  --only         parts to measure, by name or by what names begin with: ${partNames.join(', ')}
  --rounds       how often everything is measured (3)
  --nova-rounds  how often nova-manage is, 7 minutes each (as --rounds; 0 leaves it out)
  --trial        divide all sizes by N, and write nothing into docs/
  --help         print this
  --render       measure nothing: write docs/benchmarks.md from what has been measured`;

/** Reads the command line. @throws where it is not understood, with a sentence for people */
export function parseOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '3' },
      'nova-rounds': { type: 'string' },
      trial: { type: 'string', default: '1' },
      render: { type: 'boolean', default: false },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds, 1);
  return {
    parts: chooseParts(values.only),
    rounds,
    novaRounds: Math.min(rounds, wholeNumber('--nova-rounds', values['nova-rounds'] ?? values.rounds, 0)),
    divisor: wholeNumber('--trial', values.trial, 1),
    renderOnly: values.render,
  };
}

function chooseParts(wanted: string[] | undefined): PartName[] {
  if (wanted === undefined) return [...partNames];
  const prefixes = wanted.flatMap((text) => text.split(',')).map((text) => text.trim());
  for (const prefix of prefixes) {
    if (prefix === '' || !partNames.some((name) => name.startsWith(prefix)))
      throw new Error(`There is no part "${prefix}". There are: ${partNames.join(', ')}.`);
  }
  return partNames.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least)) throw new Error(`${option} must be a whole number of at least ${least}.`);
  return number;
}
