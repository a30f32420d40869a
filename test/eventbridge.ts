/** An event as EventBridge has it. */
export interface BusEvent {
  id: string;
  source: string;
  'detail-type': string;
  detail: Record<string, unknown>;
  [field: string]: unknown;
}

/** What a rule matches events with: for each field a list of what may be there, or the patterns of its fields. */
export interface EventPattern {
  [field: string]: unknown[] | EventPattern;
}

/**
 * Whether a rule takes an event, by the part of EventBridge's patterns that the stack uses: texts, numbers, `prefix` and
 * `exists`. A field that the pattern does not name may be anything; of several alternatives one must hold.
 * @throws where the pattern uses anything else
 */
export function matches(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    const found = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[field] : undefined;
    if (!Array.isArray(wanted)) return matches(wanted, found);
    // An array in the event matches where one of its elements does.
    const values = Array.isArray(found) ? found : [found];
    return wanted.some((alternative) => values.some((value) => agrees(alternative, value)));
  });
}

function agrees(alternative: unknown, value: unknown): boolean {
  if (typeof alternative !== 'object' || alternative === null) return alternative === value;
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(alternative);
  if (others.length === 0 && operator === 'prefix')
    return typeof value === 'string' && value.startsWith(String(operand));
  if (others.length === 0 && operator === 'exists') return (value !== undefined) === operand;
  throw new Error(`The pattern uses ${JSON.stringify(alternative)}, which is not known here.`);
}

/** A target's InputTransformer, as CloudFormation has it. */
export interface InputTransformer {
  InputPathsMap: Record<string, string>;
  InputTemplate: string;
}

/**
 * What a target is sent. A variable outside of quotes becomes JSON; one that the event does not have becomes nothing at
 * all, and what then is no JSON is not delivered.
 * @throws where it is no JSON
 */
export function transform({ InputPathsMap, InputTemplate }: InputTransformer, event: BusEvent): unknown {
  const text = InputTemplate.replaceAll(/<([\w-]+)>/g, (_, name: string) => {
    const path = InputPathsMap[name];
    if (path === undefined) throw new Error(`The template uses <${name}>, for which there is no path.`);
    const value = path
      .replace(/^\$\.?/, '')
      .split('.')
      .reduce<unknown>((found, field) => (found as Record<string, unknown> | undefined)?.[field], event);
    return value === undefined ? '' : JSON.stringify(value);
  });
  return JSON.parse(text);
}
