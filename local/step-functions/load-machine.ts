import { loadChoices } from './choice.ts';
import { InvalidDefinition } from './faults.ts';
import { Fields } from './fields.ts';
import type { Flow, Machine, MapState, RecoverableState, State } from './machine.ts';
import type { Path } from './paths.ts';
import { loadCatchers, loadRetriers } from './retry.ts';

const LAMBDA_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;

/**
 * Checks a definition in the Amazon States Language and prepares it for running.
 *
 * Throws `InvalidDefinition`, naming state and field, for whatever the engine does not do like AWS: nothing is ignored.
 */
export function loadMachine(definition: unknown): Machine {
  const fields = new Fields(definition, 'state machine');
  fields.constant('QueryLanguage', 'JSONPath');
  fields.constant('Version', '1.0');
  const timeoutSeconds = fields.integer('TimeoutSeconds', 1);
  return { ...loadFlow(fields, new Set()), timeoutSeconds };
}

/** `taken` holds the names of all states so far: AWS wants them unique over the whole machine. */
function loadFlow(fields: Fields, taken: Set<string>): Flow {
  fields.text('Comment');
  const startAt = fields.requiredText('StartAt');
  const states = new Map<string, State>();
  const definitions = new Fields(fields.take('States'), `${fields.where}, States`);
  for (const name of definitions.names()) {
    if (taken.has(name)) definitions.refuse(name, 'exists twice in the machine');
    taken.add(name);
    states.set(name, loadState(name, definitions.take(name), taken));
  }
  fields.end();
  checkTransitions({ startAt, states }, fields);
  return { startAt, states };
}

function checkTransitions({ startAt, states }: Flow, fields: Fields): void {
  if (!states.has(startAt)) fields.refuse('StartAt', `names ${startAt}, which does not exist`);
  const reached = new Set([startAt]);
  for (const name of reached) {
    const state = states.get(name);
    for (const [field, target] of state === undefined ? [] : transitions(state)) {
      if (!states.has(target)) {
        throw new InvalidDefinition(`state "${name}"`, `field "${field}" names ${target}, which does not exist`);
      }
      reached.add(target);
    }
  }
  for (const name of states.keys()) {
    if (!reached.has(name)) throw new InvalidDefinition(`state "${name}"`, 'cannot be reached');
  }
}

function transitions(state: State): [field: string, target: string][] {
  const targets: [string, string][] = [];
  if ('next' in state && state.next !== null) targets.push(['Next', state.next]);
  if ('catch' in state) for (const { next } of state.catch) targets.push(['Catch', next]);
  if (state.type === 'Choice') {
    for (const { next } of state.choices) targets.push(['Choices', next]);
    if (state.otherwise !== undefined) targets.push(['Default', state.otherwise]);
  }
  return targets;
}

function loadState(name: string, definition: unknown, taken: Set<string>): State {
  const fields = new Fields(definition, `state "${name}"`);
  fields.text('Comment');
  fields.constant('QueryLanguage', 'JSONPath');
  const state = loadByType(name, fields, taken);
  fields.end();
  return state;
}

function loadByType(name: string, fields: Fields, taken: Set<string>): State {
  const type = fields.requiredText('Type');
  switch (type) {
    case 'Task':
      return {
        type,
        ...loadRecoverable(name, fields),
        resource: loadResource(fields),
        parameters: fields.template('Parameters'),
        timeoutSeconds: fields.integer('TimeoutSeconds', 1),
      };
    case 'Map':
      return { type, ...loadRecoverable(name, fields), ...loadMap(name, fields, taken) };
    case 'Choice':
      return { type, name, ...loadFilters(fields), choices: loadChoices(fields), otherwise: fields.text('Default') };
    case 'Pass': {
      const result = fields.take('Result');
      const parameters = fields.template('Parameters');
      return {
        type,
        name,
        ...loadFilters(fields),
        resultPath: fields.resultPath(),
        result: result === undefined ? parameters : { kind: 'value', value: result },
        next: loadNext(fields),
      };
    }
    case 'Wait': {
      const seconds = fields.integer('Seconds', 0) ?? fields.path('SecondsPath');
      if (seconds === undefined) return fields.refuse('Seconds', 'is missing');
      return { type, name, ...loadFilters(fields), seconds, next: loadNext(fields) };
    }
    case 'Succeed':
      return { type, name, ...loadFilters(fields) };
    case 'Fail':
      return {
        type,
        name,
        error: fields.text('Error') ?? fields.path('ErrorPath') ?? '',
        cause: fields.text('Cause') ?? fields.path('CausePath') ?? '',
      };
    default:
      return fields.refuse('Type', `is ${type}, which is not supported`);
  }
}

function loadRecoverable(name: string, fields: Fields): RecoverableState {
  return {
    name,
    ...loadFilters(fields),
    resultSelector: fields.template('ResultSelector'),
    resultPath: fields.resultPath(),
    retry: loadRetriers(fields),
    catch: loadCatchers(fields),
    next: loadNext(fields),
  };
}

function loadFilters(fields: Fields): { inputPath: Path | null; outputPath: Path | null } {
  return { inputPath: fields.flowPath('InputPath'), outputPath: fields.flowPath('OutputPath') };
}

function loadNext(fields: Fields): string | null {
  const next = fields.text('Next') ?? null;
  const end = fields.take('End');
  if (end !== undefined && typeof end !== 'boolean') fields.refuse('End', 'must be true or false');
  if ((next === null) !== (end === true)) fields.refuse('Next', 'or "End" must be given, and not both');
  return next;
}

function loadResource(fields: Fields): string {
  const resource = fields.requiredText('Resource');
  return LAMBDA_ARN.test(resource)
    ? resource
    : fields.refuse('Resource', `is ${resource}; only the ARN of a Lambda function is supported`);
}

type MapFields = Omit<MapState, keyof RecoverableState | 'type'>;

function loadMap(name: string, fields: Fields, taken: Set<string>): MapFields {
  const processor = new Fields(fields.take('ItemProcessor'), `${fields.where}, ItemProcessor`);
  const config = new Fields(processor.take('ProcessorConfig') ?? {}, `${processor.where}, ProcessorConfig`);
  const mode = config.text('Mode') ?? 'INLINE';
  if (mode !== 'INLINE' && mode !== 'DISTRIBUTED') config.refuse('Mode', 'must be INLINE or DISTRIBUTED');
  const distributed = mode === 'DISTRIBUTED' ? loadDistribution(name, fields, config) : undefined;
  config.end();
  return {
    itemsPath: fields.path('ItemsPath') ?? { text: '$', root: 'input', steps: [] },
    itemSelector: fields.template('ItemSelector'),
    maxConcurrency: fields.integer('MaxConcurrency', 0) ?? fields.path('MaxConcurrencyPath') ?? 0,
    distributed,
    processor: loadFlow(processor, taken),
  };
}

function loadDistribution(name: string, fields: Fields, config: Fields): MapState['distributed'] {
  if (config.text('ExecutionType') !== 'STANDARD') config.refuse('ExecutionType', 'must be STANDARD');
  const label = fields.text('Label');
  if (label !== undefined && !/^[^\s?*<>{}[\]:;,\\|^~$#%&`"]{1,40}$/.test(label)) {
    fields.refuse('Label', 'must have 1 to 40 characters, none of them special');
  }
  // AWS makes up a label where there is none; the state's name is easier to recognise.
  return { label: label ?? name, toleratedFailurePercentage: fields.number('ToleratedFailurePercentage', 0, 100) ?? 0 };
}
