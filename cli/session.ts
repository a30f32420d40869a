import type { ExecutionInput } from '../contract/payloads.ts';
import { cellLabel } from '../domain/cell.ts';
import { exitCodes, misuse } from './command-error.ts';
import type { RunEnding } from './conclude.ts';
import type { Connection } from './connection.ts';
import { chooseDatabases, databaseVariables } from './databases.ts';
import { printable } from './display/text.ts';
import { chooseView } from './display/view.ts';
import { withPage } from './html-report/with-page.ts';
import type { Lifetime } from './lifetime.ts';
import type { OutputOptions, SpeedOptions, WhereOptions } from './options.ts';
import { type Records, type ResultDocument, recordsOf } from './records.ts';
import { cellsReport } from './report/cells-report.ts';
import { commandText } from './report/command-text.ts';
import { explainReport } from './report/explain-report.ts';
import { mapReport, meaningOf } from './report/map-report.ts';
import { planReport } from './report/plan-report.ts';
import { repairReport } from './report/repair-report.ts';
import type { Reporting } from './report/reporting.ts';
import { undoReport } from './report/undo-report.ts';
import { verifyReport } from './report/verify-report.ts';
import { join, run, type StartedRun } from './run.ts';
import { cellsSubject, newRunName } from './run-name.ts';
import { complain, hasColours, type Terminal } from './terminal.ts';

/** What a command works in. */
export interface Session {
  terminal: Terminal;
  lifetime: Lifetime;
}

/**
 * Connects to the machine that the options ask for; the session closes it.
 * @param remedy what else a person may do where no stack is found; null for nothing else
 */
export async function connect(
  options: WhereOptions & SpeedOptions,
  { terminal, lifetime }: Session,
  remedy: string | null = localRemedy(terminal.env),
): Promise<Connection> {
  refuseMixture(options);
  // Loaded here, so that --help and mistakes are answered without waiting for the SDK.
  const { connectLocal, connectStack, DEFAULT_STACK } = await import('./connection.ts');
  const { stack = DEFAULT_STACK, region, profile } = options;
  const connecting = options.local
    ? connectLocal(
        await chooseDatabases(options, terminal.env, (message) => complain(terminal, message)),
        options.writers,
      )
    : connectStack({ stack, region, profile, remedy });
  return lifetime.open(connecting, (connection) => connection.close());
}

/** What a person may have meant where no stack is found. */
function localRemedy(env: Terminal['env']): string {
  return env[databaseVariables.api]
    ? `${databaseVariables.api} is set, but only --local uses it.`
    : '--local runs on this computer.';
}

/** How a run is shown, and what its report may need to know of how it was asked for. */
export interface ReportOptions extends OutputOptions, WhereOptions {
  /** The cells that were chosen. */
  cell?: string[];
  /** What to tell of a stopped run that maps, in place of the status's own meaning. */
  whenStopped?: string;
  /** The run's name, where something was done under it before. */
  name?: string;
}

/** Runs the machine with the input, shows its progress, and prints the result. */
export async function runAndReport(
  connection: Connection,
  input: ExecutionInput,
  options: ReportOptions,
  { terminal, lifetime }: Session,
): Promise<RunEnding> {
  const { interrupted } = lifetime;
  if (interrupted.aborted) return stoppedEarly(terminal);
  const { name = newRunName(input.mode ?? 'map', cellsSubject(input.cells)) } = options;
  if (options.progress) {
    terminal.stderr.write(`${headline(input)} ${connection.where}\n`);
    if (connection.outlivesCommand)
      terminal.stderr.write(`The run is called ${name}: watch joins it from elsewhere.\n`);
  }
  const view = chooseView(terminal, options.progress);
  const running = () => run(connection, input, { interrupted, view, name });
  return await followAndReport(running, { connection, name }, options, terminal);
}

/** Shows the progress of a run that somebody has started, and prints the result as if it had been started here. */
export async function watchAndReport(
  connection: Connection,
  started: StartedRun,
  options: ReportOptions,
  { terminal, lifetime }: Session,
): Promise<RunEnding> {
  const { interrupted } = lifetime;
  const { name } = started;
  if (options.progress) terminal.stderr.write(`Watching ${printable(name)} of ${connection.where}\n`);
  const view = chooseView(terminal, options.progress);
  const watching = () => join(connection, started, { interrupted, view });
  return await followAndReport(watching, { connection, name }, options, terminal);
}

/** Follows a run to its end, whoever has started it, and tells what it came to. */
async function followAndReport(
  follow: () => Promise<RunEnding>,
  about: { connection: Connection; name: string },
  options: ReportOptions,
  terminal: Terminal,
): Promise<RunEnding> {
  return await withPage(options, { connection: about.connection, run: about.name, terminal }, async () => {
    const ending = await follow();
    await reportEnding(ending, about, options, terminal);
    return ending;
  });
}

/** Prints what a run came to: its result on stdout, all else on stderr. */
export async function reportEnding(
  { document, remark, goesOn }: RunEnding,
  { connection, name }: { connection: Connection; name: string },
  options: ReportOptions,
  terminal: Terminal,
): Promise<void> {
  if (document !== null) await printDocument(document, recordsOf(connection, name), options, terminal);
  const whenStopped = options.whenStopped ?? meaningOf('stopped');
  if (remark !== null) terminal.stderr.write(`${remark}\n`);
  else if (options.json && document?.status === 'stopped') terminal.stderr.write(`${whenStopped}\n`);
  if (!goesOn || !connection.outlivesCommand) return;
  terminal.stderr.write(`Join it: ${commandText(['watch', name], options)}\n`);
  terminal.stderr.write(`Stop it: ${commandText(['stop', name], options)}\n`);
}

/** Prints a result document: as it is with --json, otherwise as a report for people. */
export async function printDocument(
  document: ResultDocument,
  records: Pick<Records, 'cells'>,
  options: Pick<ReportOptions, 'json' | 'cell' | 'whenStopped'> & WhereOptions,
  terminal: Terminal,
): Promise<void> {
  const whenStopped = options.whenStopped ?? meaningOf('stopped');
  terminal.stdout.write(
    options.json ? toJson(document) : await report(document, { ...options, whenStopped }, terminal, records),
  );
}

/** What an interrupted command says that has not started the machine. */
export function stoppedEarly(terminal: Terminal): RunEnding {
  const remark = 'Stopped. Nothing was begun.';
  terminal.stderr.write(`${remark}\n`);
  return { exitCode: exitCodes.stopped, document: null, remark, goesOn: false };
}

function headline({ mode = 'map', apply, uuid }: ExecutionInput): string {
  switch (mode) {
    case 'cells':
      return 'Counting the cells of';
    case 'plan':
      return 'Planning what to map in';
    case 'verify':
      return 'Verifying the cells of';
    case 'repair':
      return apply ? 'Repairing the mappings of' : 'Looking for what to repair in';
    case 'explain':
      return `Looking for ${uuid} in`;
    case 'undo':
      return 'Undoing a repair of';
    default:
      return 'Mapping the cells of';
  }
}

function toJson(document: ResultDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

async function report(
  document: ResultDocument,
  options: WhereOptions & { cell?: string[]; whenStopped: string },
  { stdout, env }: Terminal,
  records: Pick<Records, 'cells'>,
): Promise<string> {
  const colours = hasColours(stdout, env);
  const reporting: Reporting = { colours, where: options, cells: options.cell };
  switch (document.mode) {
    case 'cells':
      return cellsReport(document, colours);
    case 'plan':
      return planReport(document, reporting);
    case 'verify':
      return verifyReport(document, reporting);
    case 'repair':
      return repairReport(document, { ...reporting, cellNames: await namesById(records) });
    case 'explain':
      return explainReport(document, reporting);
    case 'undo':
      return undoReport(document, reporting);
    default:
      return mapReport(document, colours, options.whenStopped);
  }
}

/** The changes of a repair name cells by their ids. */
async function namesById(records: Pick<Records, 'cells'>): Promise<ReadonlyMap<number, string>> {
  const cells = (await records.cells()) ?? [];
  return new Map(cells.flatMap((cell) => (cell.id === null ? [] : [[cell.id, cellLabel(cell)]])));
}

const localOnly = [
  ['configFile', '--config-file'],
  ['apiDatabase', '--api-database'],
  ['mainDatabase', '--main-database'],
] as const;

const stackOnly = [
  ['stack', '--stack'],
  ['region', '--region'],
  ['profile', '--profile'],
] as const;

/** An option that would be ignored is a mistake, and may be a dangerous one: the run would go elsewhere. */
function refuseMixture(options: WhereOptions): void {
  const given = (list: readonly (readonly [keyof WhereOptions, string])[]) =>
    list.find(([key]) => options[key] !== undefined)?.[1];
  const local = given(localOnly);
  if (!options.local && local !== undefined) {
    throw misuse(`${local} needs --local: the deployed stack has its databases in its own configuration.`);
  }
  const stack = given(stackOnly);
  if (options.local && stack !== undefined) throw misuse(`${stack} and --local exclude each other.`);
}
