import { RuntimeFault } from './faults.ts';
import { Fields } from './fields.ts';
import { type Path, readPath, requirePath, type Sources } from './paths.ts';
import type { Json } from './payload.ts';

/** A condition of a Choice state: says whether it holds for the state's input. */
export type Condition = (sources: Sources) => boolean;

export interface Choice {
  readonly condition: Condition;
  readonly next: string;
}

type Comparison = (left: Json, right: Json) => boolean;

/** Values of different types never match, which is no error. Each also exists as `…Path`. */
const COMPARISONS: Readonly<Record<string, { type: 'string' | 'number' | 'boolean'; holds: Comparison }>> = {
  StringEquals: { type: 'string', holds: (left, right) => left === right },
  BooleanEquals: { type: 'boolean', holds: (left, right) => left === right },
  NumericEquals: { type: 'number', holds: (left, right) => left === right },
  NumericGreaterThan: { type: 'number', holds: (left, right) => Number(left) > Number(right) },
  NumericGreaterThanEquals: { type: 'number', holds: (left, right) => Number(left) >= Number(right) },
  NumericLessThan: { type: 'number', holds: (left, right) => Number(left) < Number(right) },
  NumericLessThanEquals: { type: 'number', holds: (left, right) => Number(left) <= Number(right) },
};

const TYPE_TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsBoolean: (value) => typeof value === 'boolean',
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
};

/** Reads the `Choices` of a Choice state. */
export function loadChoices(state: Fields): Choice[] {
  const choices = state.list('Choices').map((item, index) => {
    const fields = new Fields(item, `${state.where}, Choices[${index}]`);
    const next = fields.requiredText('Next');
    return { condition: loadCondition(fields), next };
  });
  return choices.length > 0 ? choices : state.refuse('Choices', 'must hold a rule');
}

function loadCondition(fields: Fields): Condition {
  fields.text('Comment');
  const condition = loadCombination(fields) ?? loadTest(fields);
  fields.end();
  return condition;
}

function loadCombination(fields: Fields): Condition | undefined {
  const inner = (item: unknown, place: string) => loadCondition(new Fields(item, `${fields.where}, ${place}`));
  for (const operator of ['And', 'Or'] as const) {
    if (!fields.has(operator)) continue;
    const conditions = fields.list(operator).map((item, index) => inner(item, `${operator}[${index}]`));
    if (conditions.length === 0) fields.refuse(operator, 'must hold a rule');
    return operator === 'And'
      ? (sources) => conditions.every((condition) => condition(sources))
      : (sources) => conditions.some((condition) => condition(sources));
  }
  if (!fields.has('Not')) return undefined;
  const negated = inner(fields.take('Not'), 'Not');
  return (sources) => !negated(sources);
}

function loadTest(fields: Fields): Condition {
  const variable = fields.path('Variable') ?? fields.refuse('Variable', 'is missing');
  const [operator = ''] = fields.names();
  if (operator === '') fields.refuse('Variable', 'comes without a comparison');

  if (operator === 'IsPresent' || Object.hasOwn(TYPE_TESTS, operator)) {
    const expected = fields.take(operator);
    if (typeof expected !== 'boolean') return fields.refuse(operator, 'must be true or false');
    const test = TYPE_TESTS[operator];
    return test === undefined
      ? (sources) => (readPath(variable, sources) !== undefined) === expected
      : (sources) => test(read(variable, sources)) === expected;
  }

  const byPath = operator.endsWith('Path');
  const name = byPath ? operator.slice(0, -'Path'.length) : operator;
  const comparison = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (comparison === undefined) return fields.refuse(operator, 'is not supported');
  const { type, holds } = comparison;
  const test = (left: Json, right: Json) => typeof left === type && typeof right === type && holds(left, right);
  if (byPath) {
    const other = fields.path(operator) ?? fields.refuse(operator, 'must be a path');
    return (sources) => test(read(variable, sources), requirePath(other, sources, operator));
  }
  const constant = fields.take(operator) ?? null;
  if (typeof constant !== type) fields.refuse(operator, `must be a ${type}`);
  return (sources) => test(read(variable, sources), constant);
}

/** Only IsPresent may look at what is not there; AWS fails the execution otherwise. */
function read(variable: Path, sources: Sources): Json {
  const value = readPath(variable, sources);
  if (value !== undefined) return value;
  throw new RuntimeFault(
    `Invalid path '${variable.text}': The choice state's condition path references an invalid value.`,
  );
}
