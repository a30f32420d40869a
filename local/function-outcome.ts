/** How a call of a Lambda function ended: with its answer as JSON text, or with the error that Lambda would report. */
export type FunctionOutcome = { ok: true; payload: string } | { ok: false; errorType: string; errorMessage: string };

/**
 * Runs one Lambda function. `payload` is JSON text.
 * The signal says that nobody waits for the answer any more; the promise may then settle as it likes, or never.
 */
export type InvokeFunction = (functionArn: string, payload: string, signal: AbortSignal) => Promise<FunctionOutcome>;
