import type { RunStatus } from '../domain/run-status.ts';
import { misuseErrors } from './errors.ts';

/** How a run ended, as far as it matters for what comes next. */
interface End {
  run: string;
  status: RunStatus;
  /** The name of the error of a run that failed. */
  error?: string;
}

/**
 * The command with which a person goes on after a run, without `--stack`; null where there is none: a mistake in the
 * input fails again.
 */
export function nextCommand({ run, status, error }: End): string | null {
  switch (status) {
    case 'failed':
      return misuseErrors.some((name) => name === error) ? null : `cellmap retry ${run}`;
    case 'stopped':
      return `cellmap retry ${run}`;
    case 'more-remain':
    case 'needs-attention':
      return `cellmap report ${run}`;
    case 'complete':
      return null;
  }
}
