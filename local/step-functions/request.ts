import { AwsFault } from '../endpoint.ts';
import { isObject } from './payload.ts';

/** The members of a request of Step Functions' protocol (AWS JSON 1.0). What is not taken is refused by `end()`. */
export class RequestMembers {
  readonly #left: Map<string, unknown>;

  constructor(body: Buffer) {
    let members: unknown;
    try {
      members = JSON.parse(body.toString('utf8') || '{}');
    } catch {
      throw new AwsFault('SerializationException', 'The request is not JSON');
    }
    if (!isObject(members)) throw new AwsFault('SerializationException', 'The request is not an object');
    this.#left = new Map(Object.entries(members));
  }

  text(member: string): string | undefined {
    const value = this.#take(member);
    if (value === undefined || typeof value === 'string') return value;
    throw new AwsFault('SerializationException', `${member} must be text`);
  }

  requiredText(member: string): string {
    return this.text(member) ?? refuse(member, 'Member must not be null');
  }

  flag(member: string, otherwise: boolean): boolean {
    const value = this.#take(member) ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw new AwsFault('SerializationException', `${member} must be true or false`);
  }

  /** `maxResults`: at most 1,000; 0 stands for the default of 100. */
  maxResults(): number {
    const value = this.#take('maxResults') ?? 0;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 1000) {
      return refuse('maxResults', 'Member must have value from 0 to 1000');
    }
    return value || 100;
  }

  /** Where to go on: the place that an earlier answer's `nextToken` of the same list holds. */
  offset(list: string): number {
    const token = this.text('nextToken');
    if (token === undefined) return 0;
    const [, owner, offset] = /^(.*)#(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
    if (owner !== list) throw new AwsFault('InvalidToken', 'Invalid Token: nextToken');
    return Number(offset);
  }

  end(): void {
    for (const member of this.#left.keys()) refuse(member, 'Member is not supported by the local endpoint');
  }

  #take(member: string): unknown {
    const value = this.#left.get(member);
    this.#left.delete(member);
    return value ?? undefined;
  }
}

/** The token with which a caller goes on in a list from a place. */
export function nextToken(list: string, offset: number): string {
  return Buffer.from(`${list}#${offset}`).toString('base64url');
}

export function refuse(member: string, constraint: string): never {
  throw new AwsFault(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}
