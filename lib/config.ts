import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
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
  host: z.string().refine((host) => isIPv6(host) || /^[^\s:/@,?[\]{}]+$/.test(host), {
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

const configSchema = z
  .strictObject({
    stackName: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,79}$/, 'expected a letter, then letters, digits and hyphens, 80 at most')
      .default('cellmap'),
    apiDatabase: z.strictObject({
      clusterArn,
      secretArn,
      database: z.string().min(1),
      dialect: z.enum(['mysql', 'postgresql']),
    }),
    mainDatabaseUrl: z
      .string()
      .refine((url) => /^[\w+]+:\/\/[^@]*$/.test(url) && !/[?&](user|password|passwd)=/i.test(url), {
        error: 'expected dialect://host:port/database without user and password',
      })
      .optional(),
    directory: z.array(directoryEntrySchema).min(1),
    secretKmsKeyArns: z.array(kmsKeyArn).default([]),
    logRetentionDays: z.literal(retentionDays).default(RetentionDays.THREE_MONTHS),
    resultsRetentionDays: z.int().positive().default(365),
    prices: pricesSchema.default(DEFAULT_PRICES),
  })
  .superRefine((config, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: undefined });
    refuseDuplicates(config.directory, refuse);
    refuseOtherHomes(config, refuse);
  });

/** What a stack is made from; docs/configuration.md explains each key. */
export type Config = z.output<typeof configSchema>;

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

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
