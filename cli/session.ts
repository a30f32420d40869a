import type { ExecutionInput } from '../contract/payloads.ts';
import { exitCodes, misuse } from './command-error.ts';
import type { Connection } from './connection.ts';
import { chooseDatabases, databaseVariables } from './databases.ts';
import { chooseView } from './display/view.ts';
import type { Lifetime } from './lifetime.ts';
import type { OutputOptions, SpeedOptions, WhereOptions } from './options.ts';
import { cellsReport } from './report/cells-report.ts';
import { mapReport, meaningOf } from './report/map-report.ts';
import { type RunEnding, run } from './run.ts';
import { complain, hasColours, type Terminal } from './terminal.ts';

/** What a command works in. */
export interface Session {
  terminal: Terminal;
  lifetime: Lifetime;
}

/** Connects to the machine that the options ask for; the session closes it. */
export async function connect(
  options: WhereOptions & SpeedOptions,
  { terminal, lifetime }: Session,
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
    : connectStack({ stack, region, profile, remedy: localRemedy(terminal.env) });
  return lifetime.open(connecting, (connection) => connection.close());
}

/** What a person may have meant where no stack is found. */
function localRemedy(env: Terminal['env']): string {
  return env[databaseVariables.api]
    ? `${databaseVariables.api} is set, but only --local uses it.`
    : '--local runs on this computer.';
}

/**
 * Runs the machine with the input, shows its progress, and prints the result.
 * @param options.whenStopped what to tell of a stopped run in place of the status's own meaning
 */
export async function runAndReport(
  connection: Connection,
  input: ExecutionInput,
  options: OutputOptions & { whenStopped?: string },
  { terminal, lifetime }: Session,
): Promise<RunEnding> {
  const { interrupted } = lifetime;
  if (interrupted.aborted) return stoppedEarly(terminal);
  if (options.progress) terminal.stderr.write(`${headline(input)} ${connection.where}\n`);
  const ending = await run(connection, input, { interrupted, view: chooseView(terminal, options.progress) });
  const { document, remark } = ending;
  const whenStopped = options.whenStopped ?? meaningOf('stopped');
  if (document !== null) {
    terminal.stdout.write(options.json ? toJson(document) : report(document, terminal, whenStopped));
  }
  if (remark !== null) terminal.stderr.write(`${remark}\n`);
  else if (options.json && document?.status === 'stopped') terminal.stderr.write(`${whenStopped}\n`);
  return ending;
}

/** What an interrupted command says that has not started the machine. */
export function stoppedEarly(terminal: Terminal): RunEnding {
  const remark = 'Stopped. Nothing was begun.';
  terminal.stderr.write(`${remark}\n`);
  return { exitCode: exitCodes.stopped, document: null, remark };
}

function headline({ mode }: ExecutionInput): string {
  return mode === 'cells' ? 'Counting the cells of' : 'Mapping the cells of';
}

function toJson(document: NonNullable<RunEnding['document']>): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function report(document: NonNullable<RunEnding['document']>, { stdout, env }: Terminal, whenStopped: string): string {
  const colours = hasColours(stdout, env);
  return document.mode === 'map' ? mapReport(document, colours, whenStopped) : cellsReport(document, colours);
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
