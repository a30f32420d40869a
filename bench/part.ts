import type { PartResult } from './results.ts';

/** Keeps what there is of a part after each round, so that little is lost when it is cut off. */
export type Keep<Result extends PartResult> = (result: Result) => void;

/** Tells whoever waits what is being done. */
export type Say = (text: string) => void;
