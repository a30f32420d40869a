import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  type ExecutionListItem,
  ListExecutionsCommand,
} from '@aws-sdk/client-sfn';
import { type ExecutionInput, executionInputSchema, modes } from '../../contract/payloads.ts';
import { misuse } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import { printable } from '../display/text.ts';
import { isRunning } from '../follow.ts';
import type { StartedRun } from '../run.ts';

/** Stands for the run that was started last. */
const LATEST = 'latest';

/** What an execution can be called; asked for anything else, Step Functions would call the ARN invalid. */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

/** How many runs are named where several begin with what was given. */
const RUNS_NAMED = 3;

/** A run of the stack, as Step Functions describes it. */
export interface FoundRun extends StartedRun {
  running: boolean;
  /** Whether the input is one that the machine takes; a trigger may have sent anything. */
  inputIsValid: boolean;
  description: DescribeExecutionOutput;
}

type Machine = Pick<Connection, 'sfn' | 'stateMachineArn' | 'where'>;

/**
 * Finds the run that a person means.
 * @param wanted its name, the beginning of its name, its ARN, or `latest`
 * @throws {CommandError} misuse, where there is none or there are several
 */
export async function findRun(machine: Machine, wanted: string): Promise<FoundRun> {
  if (wanted === LATEST) return await describe(machine, await latest(machine));
  if (wanted.startsWith('arn:')) return await describe(machine, nameInArn(machine, wanted));
  return (await describeIfThere(machine, wanted)) ?? (await describe(machine, await nameWithPrefix(machine, wanted)));
}

/** The newest runs first, each page as it is asked for. */
export async function* listRuns({ sfn, stateMachineArn }: Machine, aPage: number): AsyncGenerator<ExecutionListItem[]> {
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: aPage, nextToken }));
    yield page.executions ?? [];
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/** An execution's input, and its mode where no more can be told of it. */
export function readInput(text: string | undefined): { input: ExecutionInput; isValid: boolean } {
  let value: unknown = null;
  try {
    value = JSON.parse(text ?? 'null');
  } catch {
    // Step Functions takes only JSON; nothing else can be here.
  }
  if (executionInputSchema.safeParse(value).success) return { input: value as ExecutionInput, isValid: true };
  const mode = typeof value === 'object' && value !== null && 'mode' in value ? value.mode : undefined;
  return { input: { mode: modes.find((known) => known === mode) ?? 'map' }, isValid: false };
}

async function latest(machine: Machine): Promise<string> {
  for await (const [newest] of listRuns(machine, 1)) if (newest?.name) return newest.name;
  throw misuse(`There is no run yet of ${machine.where}.`);
}

async function nameWithPrefix(machine: Machine, prefix: string): Promise<string> {
  const found: string[] = [];
  for await (const page of listRuns(machine, 1_000)) {
    found.push(...page.flatMap(({ name = '' }) => (name.startsWith(prefix) ? [name] : [])));
  }
  const [first] = found;
  if (first === undefined || prefix === '') {
    throw misuse(`There is no run ${printable(prefix)} of ${machine.where}: cellmap runs lists them.`);
  }
  if (found.length === 1) return first;
  const named = found.slice(0, RUNS_NAMED).map(printable).join(', ');
  throw misuse(
    `${found.length} runs begin with ${printable(prefix)}: ${named}${found.length > RUNS_NAMED ? ', …' : ''}.`,
  );
}

function nameInArn(machine: Machine, arn: string): string {
  const prefix = executionArnOf(machine, '');
  if (arn.startsWith(prefix) && arn.length > prefix.length) return arn.slice(prefix.length);
  throw misuse(`${printable(arn)} is no run of ${machine.where}: give the --stack and the --region that it is of.`);
}

function executionArnOf({ stateMachineArn }: Machine, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

async function describe(machine: Machine, name: string): Promise<FoundRun> {
  const found = await describeIfThere(machine, name);
  if (found === null) throw misuse(`There is no run ${printable(name)} of ${machine.where}: cellmap runs lists them.`);
  return found;
}

async function describeIfThere(machine: Machine, name: string): Promise<FoundRun | null> {
  if (!EXECUTION_NAME.test(name)) return null;
  const executionArn = executionArnOf(machine, name);
  try {
    const description = await machine.sfn.send(new DescribeExecutionCommand({ executionArn }));
    const { input, isValid } = readInput(description.input);
    const startedAtMs = description.startDate?.getTime() ?? Date.now();
    const running = isRunning(description);
    return { name, executionArn, input, inputIsValid: isValid, startedAtMs, running, description };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return null;
    throw error;
  }
}
