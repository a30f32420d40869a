import { type Command, Option } from 'commander';
import type { OutputOptions, WhereOptions } from '../options.ts';
import type { Session } from '../session.ts';
import { runsHelp, runsOptionHelp } from './help.ts';
import { parseLimit, type RunsOptions } from './limit.ts';
import type { ReportRunOptions } from './report-run.ts';
import type { StopOptions } from './stop-run.ts';

/**
 * Adds the commands about the runs of a deployed stack. What they need is loaded when they are called.
 * @param options.command makes a command by its name and a line about it
 * @param options.end is told the exit code
 */
export function addRunsCommands({
  command,
  session,
  end,
}: {
  command: (name: string, summary: string) => Command;
  session: Session;
  end: (exitCode: number) => void;
}): void {
  withStack(command('runs', 'list the recent runs of a deployed stack'))
    .option('--limit <n>', runsOptionHelp.limit, parseLimit)
    .option('--json', 'print the runs as JSON instead of the table')
    .addHelpText('after', runsHelp.runs)
    .action(async (options: RunsOptions) => {
      const { listRecentRuns } = await import('./list-runs.ts');
      end(await listRecentRuns(options, session));
    });

  withOutput(withStack(aboutRun(command('watch', 'join a run, and see how it goes on'))))
    .addHelpText('after', runsHelp.watch)
    .action(async (run: string, options: WhereOptions & OutputOptions) => {
      const { watchRun } = await import('./watch-run.ts');
      end(await watchRun(run, options, session));
    });

  withStack(aboutRun(command('stop', 'end a run')))
    .option('--cause <text>', 'why, for the execution’s history')
    .addHelpText('after', runsHelp.stop)
    .action(async (run: string, options: StopOptions) => {
      const { stopRun } = await import('./stop-run.ts');
      end(await stopRun(run, options, session));
    });

  withOutput(withStack(aboutRun(command('retry', 'run again for the cells that failed or were cut off'))))
    .option('--html <file>', 'write a report of the run as one HTML file, too')
    .addHelpText('after', runsHelp.retry)
    .action(async (run: string, options: WhereOptions & OutputOptions) => {
      const { retryRun } = await import('./retry-run.ts');
      end(await retryRun(run, options, session));
    });

  withStack(aboutRun(command('report', 'print again what a run came to'), ', or a file NAME.json'))
    .option('--json', 'print the result document instead of the report')
    .option('--html <file>', 'write the report as one HTML file, too')
    .addHelpText('after', runsHelp.report)
    .action(async (run: string, options: ReportRunOptions) => {
      const { reportRun } = await import('./report-run.ts');
      end(await reportRun(run, options, session));
    });
}

function aboutRun(command: Command, orElse = ''): Command {
  return command.argument('<run>', `its name, the beginning of its name, latest, or its ARN${orElse}`);
}

function withStack(command: Command): Command {
  return (
    command
      .option('--stack <name>', 'the deployed stack (default: cellmap)')
      .option('--region <region>', 'its AWS region (default: as AWS_REGION or the profile says)')
      .option('--profile <profile>', 'the AWS profile to log in with')
      // Only so that whoever gives it is told why there is none.
      .addOption(new Option('--local').hideHelp())
  );
}

function withOutput(command: Command): Command {
  return command
    .option('--json', 'print the result document instead of the table')
    .option('--no-progress', 'show no progress');
}
