import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { directoryKey } from '../domain/database-url.ts';
import { DEFAULT_PRICES, type Prices } from '../domain/usage.ts';

/** A configuration that cannot be deployed. It names the file and each key to blame, and quotes no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(source: string, problems: readonly string[]) {
    super([`The configuration ${source} cannot be used:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/** Where the parts of an ARN say that a resource is. */
export interface Home {
  account: string;
  region: string;
}

const clusterArn = arn(
  /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-z0-9-]+$/,
  'expected the ARN of an Aurora cluster: arn:aws:rds:REGION:ACCOUNT:cluster:NAME',
);
const secretArn = arn(
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/,
  'expected the whole ARN of a secret, with the six characters at its end: ' +
    'arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX',
);
const kmsKeyArn = arn(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'expected the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID',
);

const retentionDays = Object.values(RetentionDays)
  .filter((days) => typeof days === 'number')
  .filter((days) => days !== RetentionDays.INFINITE);

const directoryEntrySchema = z.strictObject({
  // The entry is found by it, so it must be known when the template is made.
  host: z
    .string()
    .refine((host) => !Token.isUnresolved(host), {
      error: 'expected a name that is known already, such as one in a hosted zone of yours, and no token',
      abort: true,
    })
    .refine((host) => isIPv6(host) || /^[^\s:/@,?[\]{}]+$/.test(host), {
      error: 'expected a name or an address as cell_mappings has it; the port and the database have keys of their own',
    }),
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1).optional(),
  clusterArn,
  secretArn,
});

const price = (name: keyof Prices) => z.number().min(0).default(DEFAULT_PRICES[name]);

/** Dollars for one of each. */
const pricesSchema = z.strictObject({
  stateTransition: price('stateTransition'),
  lambdaRequest: price('lambdaRequest'),
  lambdaGbSecond: price('lambdaGbSecond'),
  dataApiUnit: price('dataApiUnit'),
});

/** What EventBridge matches a field with: one text, or a list of alternatives. */
const alternatives = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** The patterns of the fields of an event's detail: lists of what may be there, as deep as the detail itself. */
const eventFields: z.ZodType<EventFields> = z.record(
  z.string(),
  z.union([z.array(z.unknown()).min(1), z.lazy(() => eventFields)], {
    error: 'expected a list of what may be there, as EventBridge has it: ["value"] or [{"prefix": "value"}]',
  }),
);

/** A pattern of an event's detail, as EventBridge has it. */
export interface EventFields {
  [field: string]: unknown[] | EventFields;
}

/** The keys of the configuration; docs/configuration.md explains them at length. */
const keys = {
  /** The name of the stack and of its state machine. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,79}$/, 'expected a letter, then letters, digits and hyphens, 80 at most')
    .default('cellmap'),
  /** Nova's API database. */
  apiDatabase: z.strictObject({
    /** Its Aurora cluster, with the Data API enabled. */
    clusterArn,
    /** The secret of its user, who reads and inserts. */
    secretArn,
    /** The secret of a user who may change and remove mappings too; without one, `repair` and `undo` are refused. */
    repairSecretArn: secretArn.optional(),
    /** Its name, mostly `nova_api`. */
    database: z.string().min(1),
    dialect: z.enum(['mysql', 'postgresql']),
  }),
  /** Nova's `[database] connection` without user and password, from which templates in `cell_mappings` are filled. */
  mainDatabaseUrl: z
    .string()
    .refine((url) => /^[\w+]+:\/\/[^@]*$/.test(url) && !/[?&](user|password|passwd)=/i.test(url), {
      error: 'expected dialect://host:port/database without user and password',
    })
    .optional(),
  /** Which cluster and secret belong to the host in a cell's `database_connection`. */
  directory: z.array(directoryEntrySchema).min(1),
  /** The customer-managed KMS keys that encrypt the databases' secrets. */
  secretKmsKeyArns: z.array(kmsKeyArn).default([]),
  /** The customer-managed KMS key that encrypts results, notifications, the dead-letter queue and logs. */
  encryptionKeyArn: kmsKeyArn.optional(),
  logRetentionDays: z.literal(retentionDays).default(RetentionDays.THREE_MONTHS),
  resultsRetentionDays: z.int().positive().default(365),
  /** What AWS asks in the stack's region, for the estimate in each result. */
  prices: pricesSchema.default(DEFAULT_PRICES),
  /** The event after which `map` is run; none where it is left out. */
  deploymentEvent: z
    .strictObject({ source: alternatives, detailType: alternatives, detail: eventFields.optional() })
    .optional(),
  /** When `verify` is run each night; never where it is left out. */
  nightlyVerify: z
    .strictObject({
      /** HH:MM. */
      at: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM, such as 03:17')
        .default('03:17'),
      /** A name of the time zone database. */
      timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').default('Etc/UTC'),
    })
    .optional(),
  /** Who is told of runs that failed or need a look, and of alarms. */
  notifyEmails: z.array(z.email()).default([]),
} as const;

const configSchema = z.strictObject(keys).superRefine((config, context) => {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message, input: undefined });
  refuseDuplicates(config.directory, refuse);
  refuseOtherHomes(config, refuse);
  refuseOwnStack(config, refuse);
});

/** What a stack is made from; docs/configuration.md explains each key. */
export type Config = z.output<typeof configSchema>;

/** The same as it is written, with what has a default left out. */
export type ConfigInput = z.input<typeof configSchema>;

/** The event after which `map` is run. */
export type DeploymentEvent = NonNullable<Config['deploymentEvent']>;

/** When `verify` is run. */
export type NightlyVerify = NonNullable<Config['nightlyVerify']>;

/** One server, or one database on it, where cells may be. */
export type DirectoryEntry = Config['directory'][number];

type Refuse = (path: (string | number)[], message: string) => void;

/**
 * Checks a configuration and fills in its defaults. Unknown keys are refused, because they are mostly typos.
 * @param source what messages call the configuration, mostly its file
 * @throws ConfigError
 */
export function parseConfig(value: unknown, source: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${pathOf([...issue.path, key])}: there is no such key`)
      : [`${pathOf(issue.path) || 'the file'}: ${issue.message.replace(/.*received undefined$/, 'it is missing')}`],
  );
  throw new ConfigError(source, problems);
}

/**
 * Reads a configuration from a JSON file.
 * @throws ConfigError
 */
export function readConfig(file: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const place = error instanceof SyntaxError ? /line \d+ column \d+/.exec(error.message)?.[0] : undefined;
    const problem =
      error instanceof SyntaxError
        ? `it is not valid JSON${place === undefined ? '' : `, see ${place}`}`
        : 'it cannot be read; name another with -c config=FILE';
    throw new ConfigError(file, [problem]);
  }
  return parseConfig(value, file);
}

/** The account and region of the API database, where the stack belongs; undefined where its ARN is not yet known. */
export function homeOf(config: Pick<Config, 'apiDatabase'>): Home | undefined {
  return homeOfArn(config.apiDatabase.clusterArn);
}

/** An ARN, or a token that becomes one when the stack is deployed. */
function arn(pattern: RegExp, error: string) {
  return z.string().refine((text) => Token.isUnresolved(text) || pattern.test(text), { error });
}

function homeOfArn(arn: string): Home | undefined {
  if (Token.isUnresolved(arn)) return undefined;
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region };
}

function refuseDuplicates(directory: readonly DirectoryEntry[], refuse: Refuse): void {
  const firsts = new Map<string, number>();
  for (const [index, entry] of directory.entries()) {
    const key = directoryKey(entry);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, index);
    else refuse(['directory', index], `it is the same place as directory[${first}]`);
  }
}

/** The Data API and the functions' permissions are those of one account and region. */
function refuseOtherHomes(config: Omit<Config, 'mainDatabaseUrl'>, refuse: Refuse): void {
  const home = homeOf(config);
  if (home === undefined) return;
  const arns: [path: (string | number)[], arn: string][] = [
    [['apiDatabase', 'secretArn'], config.apiDatabase.secretArn],
    ...given(['apiDatabase', 'repairSecretArn'], config.apiDatabase.repairSecretArn),
    ...given(['encryptionKeyArn'], config.encryptionKeyArn),
    ...config.directory.flatMap((entry, index): [(string | number)[], string][] => [
      [['directory', index, 'clusterArn'], entry.clusterArn],
      [['directory', index, 'secretArn'], entry.secretArn],
    ]),
    ...config.secretKmsKeyArns.map((arn, index): [(string | number)[], string] => [['secretKmsKeyArns', index], arn]),
  ];
  for (const [path, arn] of arns) {
    const { account, region } = homeOfArn(arn) ?? home;
    if (account === home.account && region === home.region) continue;
    refuse(
      path,
      `it is in account ${account}, region ${region}, but the API database is in ${home.account}, ${home.region}; ` +
        'one stack serves one account and region',
    );
  }
}

/** A path and its ARN, where there is one. */
function given(path: string[], arn: string | undefined): [string[], string][] {
  return arn === undefined ? [] : [[path, arn]];
}

/**
 * A rule for stacks that are updated must say which, and the stack itself must not be among them: each of its own
 * deployments would start a run.
 */
function refuseOwnStack({ stackName, deploymentEvent }: Pick<Config, 'stackName' | 'deploymentEvent'>, refuse: Refuse) {
  if (deploymentEvent === undefined || ![deploymentEvent.source].flat().includes('aws.cloudformation')) return;
  const path = ['deploymentEvent', 'detail', 'stack-id'];
  const patterns = deploymentEvent.detail?.['stack-id'];
  const prefixes = Array.isArray(patterns) ? patterns.map(prefixOf) : [];
  if (prefixes.length === 0 || prefixes.includes(undefined)) {
    refuse(
      path,
      'expected [{"prefix": "arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME"}], so that it is not every stack',
    );
    return;
  }
  const own = `${stackName}/`;
  const names = prefixes.map((prefix) => prefix?.split(':stack/')[1] ?? '');
  if (names.some((name) => own.startsWith(name))) {
    refuse(path, `it is also this stack, ${stackName}; choose a longer prefix, or name this stack differently`);
  }
}

function prefixOf(pattern: unknown): string | undefined {
  if (typeof pattern === 'string') return pattern;
  if (typeof pattern !== 'object' || pattern === null || !('prefix' in pattern)) return undefined;
  return typeof pattern.prefix === 'string' ? pattern.prefix : undefined;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
