/**
 * What the steps of a run used of AWS: sums over the functions' calls that answered. A call that failed and was tried
 * again is not in it, for nobody was left to count.
 */
export interface Usage {
  /** States that were entered. */
  transitions: number;
  lambdaRequests: number;
  /** The functions' time, each millisecond times its memory in MiB. */
  lambdaMbMs: number;
  dataApiRequests: number;
  /** The same, each counted once for every 32 KB that it sent and received, or a part of it: what AWS charges for. */
  dataApiUnits: number;
}

/** What a Data API request of 32 KB or less counts as, in bytes. */
export const DATA_API_UNIT_BYTES = 32 * 1024;

/** The units of one request, from what it sent and received. */
export function dataApiUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / DATA_API_UNIT_BYTES));
}

/** The usage of nothing. */
export function noUsage(): Usage {
  return { transitions: 0, lambdaRequests: 0, lambdaMbMs: 0, dataApiRequests: 0, dataApiUnits: 0 };
}

/** The sum of several usages. */
export function addUsage(parts: Iterable<Usage | undefined>): Usage {
  const sum = noUsage();
  for (const part of parts) {
    if (part === undefined) continue;
    for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += part[key];
  }
  return sum;
}

/** What AWS asks for each, in dollars. */
export interface Prices {
  stateTransition: number;
  lambdaRequest: number;
  lambdaGbSecond: number;
  dataApiUnit: number;
}

/**
 * The list prices of us-east-1 without any free tier: Step Functions Standard $0.025 a thousand transitions, Lambda on
 * Arm $0.20 a million requests and $0.0000133334 a GB-second, the Data API $0.35 a million requests of 32 KB. They
 * change and differ by region: `prices` in the stack's configuration replaces them.
 */
export const DEFAULT_PRICES: Prices = {
  stateTransition: 0.025 / 1_000,
  lambdaRequest: 0.2 / 1_000_000,
  lambdaGbSecond: 0.000_013_333_4,
  dataApiUnit: 0.35 / 1_000_000,
};

/** What a run used, and what that costs, as the result document says it. */
export interface Cost {
  transitions: number;
  lambdaRequests: number;
  lambdaGbSeconds: number;
  dataApiRequests: number;
  dataApiUnits: number;
  /** Without the databases themselves, S3, logs and free tiers. */
  estimatedDollars: number;
}

/** Prices a usage. */
export function costOf(usage: Usage, prices: Prices): Cost {
  const { transitions, lambdaRequests, lambdaMbMs, dataApiRequests, dataApiUnits } = usage;
  const gbSeconds = lambdaMbMs / 1024 / 1000;
  const dollars =
    transitions * prices.stateTransition +
    lambdaRequests * prices.lambdaRequest +
    gbSeconds * prices.lambdaGbSecond +
    dataApiUnits * prices.dataApiUnit;
  return {
    transitions,
    lambdaRequests,
    lambdaGbSeconds: round(gbSeconds, 3),
    dataApiRequests,
    dataApiUnits,
    estimatedDollars: round(dollars, 6),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
