/** A failure with the name that `Retry` and `Catch` match and the cause that the history shows. */
export class StatesError extends Error {
  override readonly name: string;

  constructor(name: string, cause = '') {
    super(cause);
    this.name = name;
  }

  /** What a `Catch` puts into the state's data. */
  get output(): { Error: string; Cause: string } {
    return { Error: this.name, Cause: this.message };
  }
}

/** Data does not have the shape that a state counts on. Becomes `States.Runtime` with the state's name in its cause. */
export class RuntimeFault extends Error {
  override readonly name = 'RuntimeFault';
}

/** The execution, or the map that the work belongs to, has ended: nothing may follow. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/** A definition that the local engine does not run. The message names the state and the field. */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';

  constructor(where: string, why: string) {
    super(`${where}: ${why}`);
  }
}
