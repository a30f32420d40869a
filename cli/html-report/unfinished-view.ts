import { misuseErrors } from '../../contract/errors.ts';
import type { Mode } from '../../contract/payloads.ts';
import type { Fault } from '../../domain/range.ts';
import type { RunStatus } from '../../domain/run-status.ts';
import { formatDuration } from '../display/text.ts';
import { commandText } from '../report/command-text.ts';
import { meaningOf } from '../report/map-report.ts';
import { type MeaningMode, meaningAfter, statusMeanings } from '../report/meanings.ts';
import type { ReportFacts } from './facts.ts';
import type { Command, View } from './view.ts';

/** What can be said of a run that left no result document: how its execution stands, and what ended it. */
export function unfinishedView({ execution, mode, run, reporting, writtenAtMs }: ReportFacts): View {
  const { where } = reporting;
  const { startedAtMs = 0, endedAtMs = null, status = 'SUCCEEDED' } = execution ?? {};
  const figures = [{ name: 'took', value: formatDuration((endedAtMs ?? writtenAtMs) - startedAtMs) }];
  const view = (status: View['status'], headline: string, meaning: string, actions: View['actions']): View => {
    return { status, headline, meaning, summary: '', figures, actions, sections: [] };
  };
  if (status === 'RUNNING') {
    const text = 'This report tells what there is so far. Write it again when the run has ended.';
    // A run on this computer has ended before anybody could ask for it.
    const commands = [{ what: 'Follow it', command: commandText(['watch', run], where) }];
    return view('running', '', 'It has not ended yet.', [{ tone: 'calm', title: 'It goes on', text, commands }]);
  }
  if (status === 'ABORTED') {
    const text = 'It left no result document.';
    return view('stopped', '', meaning(mode, 'stopped'), [
      { tone: 'attention', title: 'Stopped before its end', text, commands: again(mode, reporting) },
    ]);
  }
  const fault = execution?.fault ?? faultWithout(status);
  return view('failed', fault.name, meaning(mode, 'failed'), [
    {
      tone: 'bad',
      title: `The run failed: ${fault.name}`,
      text: fault.message,
      commands: isMisuse(fault) ? seeCells(reporting) : again(mode, reporting),
    },
  ]);
}

function faultWithout(status: string): Fault {
  return status === 'TIMED_OUT'
    ? { name: 'States.Timeout', message: 'The run reached its time limit. Running again goes on.' }
    : {
        name: 'no result',
        message: 'The run left no result document, or it has expired. Look at its execution, then run again.',
      };
}

/** The same once more would end in the same way. */
function isMisuse({ name }: Fault): boolean {
  return misuseErrors.some((each) => each === name);
}

function seeCells({ where }: ReportFacts['reporting']): Command[] {
  return [{ what: 'See which cells there are', command: commandText(['cells'], where) }];
}

function meaning(mode: Mode, status: RunStatus): string {
  return isMeaningMode(mode) ? meaningAfter(mode, status) : meaningOf(status);
}

function isMeaningMode(mode: Mode): mode is MeaningMode {
  return mode in statusMeanings;
}

/** Running the same again, where its words are all that it takes. */
function again(mode: Mode, { where, cells = [] }: ReportFacts['reporting']): Command[] {
  const chosen = cells.flatMap((cell) => ['--cell', cell]);
  switch (mode) {
    case 'map':
    case 'verify':
      return [{ what: 'Run it again', command: commandText([mode, ...chosen], where) }];
    case 'plan':
      return [{ what: 'Run it again', command: commandText(['map', '--dry-run', ...chosen], where) }];
    case 'cells':
      return [{ what: 'Run it again', command: commandText(['cells'], where) }];
    default:
      return [];
  }
}
