import { RuntimeFault, StatesError } from './faults.ts';
import { isObject, type Json } from './payload.ts';

/** A parsed reference path such as `$.a.b[0]['c d']`, or `$$.…` into the context object. */
export interface Path {
  readonly text: string;
  readonly root: 'input' | 'context';
  readonly steps: readonly (string | number)[];
}

/** What paths are read from. `context` is built only when a path asks for it. */
export interface Sources {
  readonly input: Json;
  readonly context: () => Json;
}

/** The fields of the context object that the engine fills; any other path into it is refused when a machine is loaded. */
const CONTEXT_FIELDS = [
  'Execution.Id',
  'Execution.Input',
  'Execution.Name',
  'Execution.StartTime',
  'Map.Item.Index',
  'Map.Item.Value',
  'State.EnteredTime',
  'State.Name',
  'State.RetryCount',
  'StateMachine.Id',
  'StateMachine.Name',
];

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** Parses a reference path; `null` for anything else (wildcards, filters, slices, functions, unknown context fields). */
export function parsePath(text: string): Path | null {
  const root = text.startsWith('$$') ? 'context' : 'input';
  const steps: (string | number)[] = [];
  let position = root === 'context' ? 2 : 1;
  if (!text.startsWith('$')) return null;
  while (position < text.length) {
    STEP.lastIndex = position;
    const match = STEP.exec(text);
    if (match === null) return null;
    const [whole, name, index, single, double] = match;
    steps.push(index === undefined ? (name ?? unescaped(single ?? double ?? '')) : Number(index));
    position += whole.length;
  }
  const path = { text, root, steps } as const;
  return root === 'context' && !isKnownContextPath(path) ? null : path;
}

/** Reads the value at a path; `undefined` when there is none. */
export function readPath(path: Path, sources: Sources): Json | undefined {
  let value: Json | undefined = path.root === 'input' ? sources.input : sources.context();
  for (const step of path.steps) value = child(value, step);
  return value;
}

/** Reads the value at a path that a state cannot do without. `field` is the field that holds the path. */
export function requirePath(path: Path, sources: Sources, field: string): Json {
  const value = readPath(path, sources);
  if (value === undefined) {
    throw new RuntimeFault(
      `The JSONPath '${path.text}' specified for the field '${field}' could not be found in the input`,
    );
  }
  return value;
}

/** A copy of `target` with `value` at the path; missing objects on the way are made, array elements must exist. */
export function writePath(path: Path, target: Json, value: Json): Json {
  const write = (into: Json, depth: number): Json => {
    const step = path.steps[depth];
    if (step === undefined) return value;
    if (typeof step === 'number') {
      const element = child(into, step);
      if (!Array.isArray(into) || element === undefined) throw mismatch(path);
      return into.with(step, write(element, depth + 1));
    }
    if (!isObject(into)) throw mismatch(path);
    const member = child(into, step);
    return { ...into, [step]: write(member === undefined ? {} : member, depth + 1) };
  };
  return write(target, 0);
}

function child(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function mismatch(path: Path): StatesError {
  return new StatesError(
    'States.ResultPathMatchFailure',
    `Unable to apply ReferencePath ${path.text} to the input of the state`,
  );
}

function isKnownContextPath({ steps }: Path): boolean {
  return CONTEXT_FIELDS.some((field) => field.split('.').every((name, depth) => steps[depth] === name));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
