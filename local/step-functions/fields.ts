import { InvalidDefinition } from './faults.ts';
import { type Path, parsePath } from './paths.ts';
import { isObject, type Json } from './payload.ts';
import { parseTemplate, type Template } from './templates.ts';

/**
 * The fields of one object of a definition. Each is taken once; `end()` refuses by name whatever nobody took, so a
 * field that the engine does not know can never be ignored.
 */
export class Fields {
  readonly #left: Map<string, Json>;
  readonly where: string;

  constructor(definition: unknown, where: string) {
    if (!isObject(definition)) throw new InvalidDefinition(where, 'must be an object');
    this.#left = new Map(Object.entries(definition));
    this.where = where;
  }

  has(field: string): boolean {
    return this.#left.has(field);
  }

  /** The names of the fields that nobody took yet. */
  names(): string[] {
    return [...this.#left.keys()];
  }

  take(field: string): Json | undefined {
    const value = this.#left.get(field);
    this.#left.delete(field);
    return value;
  }

  refuse = (field: string, why: string): never => {
    throw new InvalidDefinition(this.where, `field "${field}" ${why}`);
  };

  text(field: string): string | undefined {
    const value = this.take(field);
    return value === undefined || typeof value === 'string' ? value : this.refuse(field, 'must be text');
  }

  requiredText(field: string): string {
    return this.text(field) ?? this.refuse(field, 'is missing');
  }

  /** A field that, when it is there, can have just one value. */
  constant(field: string, only: Json): void {
    const value = this.take(field);
    if (value !== undefined && value !== only) this.refuse(field, `can only be ${JSON.stringify(only)}`);
  }

  number(field: string, min: number, max: number): number | undefined {
    const value = this.take(field);
    if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return value;
    return this.refuse(field, `must be a number from ${min} to ${max}`);
  }

  integer(field: string, min: number, max = 99_999_999): number | undefined {
    const value = this.number(field, min, max);
    return value === undefined || Number.isInteger(value) ? value : this.refuse(field, 'must be a whole number');
  }

  list(field: string): readonly Json[] {
    const value = this.take(field) ?? [];
    return Array.isArray(value) ? value : this.refuse(field, 'must be a list');
  }

  path(field: string): Path | undefined {
    const text = this.text(field);
    if (text === undefined) return undefined;
    return parsePath(text) ?? this.refuse(field, `${text} is not a supported path`);
  }

  /** `InputPath`, `OutputPath` or `ResultPath`: `null` stands for nothing, an absent field for `$`. */
  flowPath(field: string): Path | null {
    if (this.#left.get(field) !== null) return this.path(field) ?? ROOT;
    this.#left.delete(field);
    return null;
  }

  resultPath(): Path | null {
    const path = this.flowPath('ResultPath');
    return path?.root === 'context' ? this.refuse('ResultPath', 'cannot write to the context object') : path;
  }

  template(field: string): Template | undefined {
    const value = this.take(field);
    if (value === undefined) return undefined;
    return parseTemplate(value, (inner, why) => this.refuse(`${field}: ${inner}`, why));
  }

  end(): void {
    for (const field of this.#left.keys()) this.refuse(field, 'is not supported');
  }
}

const ROOT: Path = { text: '$', root: 'input', steps: [] };
