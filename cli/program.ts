import { Command, Option } from 'commander';
import { misuse } from './command-error.ts';
import { commandHelp, optionHelp } from './help.ts';
import {
  collectCell,
  collectClasses,
  type MapOptions,
  type OutputOptions,
  parseInstance,
  parseLoad,
  parseMaxCount,
  parsePageSize,
  parseSecondLook,
  parseStatementMs,
  parseWriters,
  type RepairOptions,
  type SpeedOptions,
  type VerifyOptions,
  type WhereOptions,
} from './options.ts';
import { addRunsCommands } from './runs/commands.ts';
import type { Session } from './session.ts';
import { complain } from './terminal.ts';
import { versionOfPackage } from './version.ts';

/**
 * The commands and their options. What they need is loaded when they are called.
 * @param end is told the exit code
 */
export function makeProgram(session: Session, end: (exitCode: number) => void): Command {
  const { terminal } = session;
  const program = new Command('cellmap')
    .description("Fills Nova's instance_mappings: records for every instance in which cell it lives.")
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text) => complain(terminal, text.trim().replace(/^error: /, '')),
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
    })
    .showHelpAfterError('--help explains the commands.')
    .addHelpText('after', commandHelp.all);

  withOutput(withWhere(command(program, 'map', 'write the missing mappings of all cells, or of some')))
    .option('--cell <name|uuid>', 'a cell to map; can be given several times (default: all cells)', collectCell)
    .option(
      '--max-count <n>',
      'map at most so many instances in each cell, and exit with 1 when more remain',
      parseMaxCount,
    )
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--writers <n>', optionHelp.writers, parseWriters)
    .option('--load <share>', optionHelp.load, parseLoad)
    .option('--statement-ms <n>', optionHelp.statementMs, parseStatementMs)
    .option('--page-size <n>', optionHelp.pageSize, parsePageSize)
    .addHelpText('after', commandHelp.map)
    .action(async (options: WhereOptions & MapOptions & OutputOptions) => {
      const { mapCells } = await import('./commands.ts');
      end(await mapCells(options, session));
    });

  withOutput(withWhere(command(program, 'cells', 'list the cells, with how much is in them')))
    .addOption(new Option('--cell <name|uuid>').hideHelp().argParser(refuseCell))
    .addHelpText('after', commandHelp.cells)
    .action(async (options: WhereOptions & OutputOptions) => {
      const { listCells } = await import('./commands.ts');
      end(await listCells(options, session));
    });

  withOutput(
    withWhere(withVerify(command(program, 'verify', 'compare every instance with its mapping, and change nothing'))),
  )
    .addHelpText('after', commandHelp.verify)
    .action(async (options: WhereOptions & VerifyOptions & OutputOptions) => {
      const { verifyCells } = await import('./commands.ts');
      end(await verifyCells(options, session));
    });

  const repair = command(program, 'repair', 'mend mappings that are wrong; without --apply it only says how')
    .option('--class <names>', optionHelp.classes, collectClasses)
    .option('--apply', 'make the changes (default: only show them)')
    .option('--undo-file <file>', 'where to write what was changed (default: cellmap-undo-RUN.jsonl)');
  withOutput(withWhere(withVerify(repair)))
    .addHelpText('after', commandHelp.repair)
    .action(async (options: WhereOptions & RepairOptions & OutputOptions) => {
      const { repairCells } = await import('./repair.ts');
      end(await repairCells(options, session));
    });

  withOutput(withWhere(command(program, 'undo', 'put back what a repair changed')))
    .argument('<file>', 'the undo file that the repair wrote')
    .addHelpText('after', commandHelp.undo)
    .action(async (file: string, options: WhereOptions & OutputOptions) => {
      const { undoRepair } = await import('./undo.ts');
      end(await undoRepair(file, options, session));
    });

  withOutput(withWhere(command(program, 'explain', 'say where one instance is, and what its mapping says')))
    .argument('<uuid>', "the instance's uuid", parseInstance)
    .addHelpText('after', commandHelp.explain)
    .action(async (uuid: string, options: WhereOptions & OutputOptions) => {
      const { explainInstance } = await import('./commands.ts');
      end(await explainInstance(uuid, options, session));
    });

  addRunsCommands({ command: (name, summary) => command(program, name, summary), session, end });

  withOutput(command(program, 'demo', 'see it work on a small cloud of its own (this is what npm start does)'))
    .option('--page-size <n>', optionHelp.pageSize, parsePageSize)
    .option('--writers <n>', optionHelp.writers, parseWriters)
    .addHelpText('after', commandHelp.demo)
    .action(async (options: SpeedOptions & OutputOptions) => {
      const { demo } = await import('./demo.ts');
      end(await demo(options, session));
    });
  return program;
}

function command(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary.charAt(0).toUpperCase() + summary.slice(1))
    .summary(summary)
    .showHelpAfterError(`${name} --help explains the options.`);
}

function refuseCell(): never {
  throw misuse('--cell belongs to map: cells lists all cells.');
}

function withWhere(command: Command): Command {
  return command
    .option('--local', 'run on this computer, on the databases of a nova.conf or of URLs')
    .option('--config-file <nova.conf>', "Nova's configuration file, with --local; it wins over the variables below")
    .option('--api-database <url>', "the API database's URL, with --local")
    .option('--main-database <url>', "the main database's URL, with --local")
    .option('--stack <name>', 'the deployed stack (default: cellmap)')
    .option('--region <region>', 'its AWS region (default: as AWS_REGION or the profile says)')
    .option('--profile <profile>', 'the AWS profile to log in with');
}

function withVerify(command: Command): Command {
  return command
    .option('--cell <name|uuid>', 'a cell to verify; can be given several times (default: all cells)', collectCell)
    .option('--second-look <seconds>', optionHelp.secondLook, parseSecondLook)
    .option('--page-size <n>', optionHelp.pageSize, parsePageSize)
    .option('--writers <n>', optionHelp.writers, parseWriters);
}

function withOutput(command: Command): Command {
  return command
    .option('--json', 'print the result document instead of the table')
    .option('--html <file>', 'write a report of the run as one HTML file, too')
    .option('--no-progress', 'show no progress');
}
