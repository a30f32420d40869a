import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, SSMClient, SSMServiceException } from '@aws-sdk/client-ssm';
import { fromVariables } from '../contract/environment.ts';
import { type ErrorName, NamedError } from '../contract/errors.ts';
import type { Send } from '../data-api/database.ts';
import { dataApiUnits, type Usage } from '../domain/usage.ts';

/** What this environment was configured with. */
export const environment = fromVariables(process.env);

const rdsData = new RDSDataClient();
const ssm = new SSMClient();
const s3 = new S3Client();

/** What a request holds besides its statement and its parameters: ARNs, names, headers; and an answer besides its rows. */
const ENVELOPE_BYTES = 1_000;

/** What the Data API was asked in the call of the function that goes on now: an environment handles one at a time. */
const asked = { requests: 0, units: 0 };

/** Begins to count the requests of a call. */
export function beginCounting(): void {
  asked.requests = 0;
  asked.units = 0;
}

/** The requests to the Data API since {@link beginCounting}. */
export function countedRequests(): Pick<Usage, 'dataApiRequests' | 'dataApiUnits'> {
  return { dataApiRequests: asked.requests, dataApiUnits: asked.units };
}

/** Sends a statement to the Data API. */
export const sendStatement: Send = async (input, { abortSignal }) => {
  asked.requests += 1;
  let bytes = ENVELOPE_BYTES + (input.sql?.length ?? 0);
  for (const { value } of input.parameters ?? []) bytes += value?.stringValue?.length ?? 8;
  try {
    const answer = await rdsData.send(new ExecuteStatementCommand(input), { abortSignal });
    bytes += answer.formattedRecords?.length ?? 0;
    return answer;
  } finally {
    asked.units += dataApiUnits(bytes);
  }
};

/** Reads an SSM parameter, or undefined where there is none. */
export async function readParameter(name: string, abortSignal: AbortSignal): Promise<string | undefined> {
  try {
    return (await ssm.send(new GetParameterCommand({ Name: name }), { abortSignal })).Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw serviceFault(error, 'SSM');
  }
}

/** Writes a value as JSON into the results bucket. */
export async function writeResult(key: string, value: unknown, abortSignal: AbortSignal): Promise<void> {
  const input = {
    Bucket: environment.resultsBucket,
    Key: key,
    Body: JSON.stringify(value),
    ContentType: 'application/json',
  };
  try {
    await s3.send(new PutObjectCommand(input), { abortSignal });
  } catch (error) {
    throw serviceFault(error, 'S3');
  }
}

/** Reads a JSON value from the results bucket, or undefined where there is none. */
export async function readResult<Value>(key: string, abortSignal: AbortSignal): Promise<Value | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: environment.resultsBucket, Key: key }), {
      abortSignal,
    });
    return JSON.parse((await Body?.transformToString()) ?? 'null') as Value;
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw serviceFault(error, 'S3');
  }
}

/** How many results are read from S3 at once. */
const READS_AT_ONCE = 32;

/** Reads something for each of a list, some at once, and keeps the order. */
export async function readAtOnce<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  for (let begin = 0; begin < items.length; begin += READS_AT_ONCE) {
    values.push(...(await Promise.all(items.slice(begin, begin + READS_AT_ONCE).map(read))));
  }
  return values;
}

function serviceFault(error: unknown, service: 'SSM' | 'S3'): NamedError {
  const code = error instanceof Error ? error.name : 'unknown';
  const name = serviceFaultName(error, code);
  const remedy = name === 'AccessDenied' ? "Check the function's role; deploy the stack again." : 'Run again.';
  return new NamedError(name, `${service} did not do what was asked (${code}). ${remedy}`, { cause: error });
}

/** What the service itself refused for good is permanent; all that has no answer, or is its own fault, is not. */
function serviceFaultName(error: unknown, code: string): ErrorName {
  if (/AccessDenied|Forbidden/.test(code)) return 'AccessDenied';
  if (code === 'AbortError') return 'OutOfTime';
  const status =
    error instanceof S3ServiceException || error instanceof SSMServiceException ? error.$metadata.httpStatusCode : 0;
  const refused = status !== undefined && status >= 400 && status < 500 && ![408, 429].includes(status);
  return refused && !/Throttl|SlowDown|TooMany/.test(code) ? 'UnexpectedFailure' : 'ServiceUnavailable';
}
