import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Lifetime } from '../../cli/lifetime.ts';
import { main } from '../../cli/main.ts';
import { statusMeanings } from '../../cli/report/meanings.ts';
import { classes, classNames } from '../../domain/classification.ts';
import { exitCodeOf, type RunStatus, runStatuses } from '../../domain/run-status.ts';
import { makeTerminal } from './harness.ts';

/** Runs the command line; returns its exit code and what it wrote. */
async function cellmap(args: string[], env: Record<string, string> = {}) {
  const terminal = makeTerminal(env);
  const signalled = Object.assign(new EventEmitter(), { exit: () => {} });
  const exitCode = await main(args, terminal, new Lifetime(signalled));
  return { exitCode, ...terminal.written };
}

describe('a bad --max-count', () => {
  it.each([
    ['--max-count', '0'],
    ['--max-count', '-1'],
    ['--max-count=-1'],
    ['--max-count', 'abc'],
    ['--max-count', '1.5'],
    ['--max-count='],
  ])('%s %s is answered as nova-manage does', async (...args) => {
    expect(await cellmap(['map', ...args.filter((arg) => arg !== undefined)])).toEqual({
      exitCode: 127,
      stdout: '',
      stderr: 'Must supply a positive value for max-count\n',
    });
  });
});

const withoutConf = 'Without --config-file the URLs are taken from CELLMAP_API_DATABASE and CELLMAP_MAIN_DATABASE.';

const repairable = 'noCell, wrongDetails, otherCell, orphan, and placeholder';

describe('a mistake', () => {
  it.each([
    [['map', '--page-size', '0'], '--page-size must be a whole number from 1 to 10,000.'],
    [['map', '--page-size', '10001'], '--page-size must be a whole number from 1 to 10,000.'],
    [['demo', '--page-size', '1e3'], '--page-size must be a whole number from 1 to 10,000.'],
    [['map', '--writers', '41'], '--writers must be a whole number from 1 to 40.'],
    [['map', '--load', '0.05'], '--load must be a number from 0.1 to 1.'],
    [['map', '--load', '1,5'], '--load must be a number from 0.1 to 1.'],
    [['map', '--statement-ms', '5'], '--statement-ms must be a whole number from 10 to 10,000.'],
    [['map', '--cell', ''], '--cell needs the name or the uuid of a cell.'],
    [
      ['map', '--config-file', 'nova.conf'],
      '--config-file needs --local: the deployed stack has its databases in its own configuration.',
    ],
    [['cells', '--local', '--stack', 's'], '--stack and --local exclude each other.'],
    [
      ['cells', '--local'],
      '--local needs the API database: give --config-file /etc/nova/nova.conf, or its URL in CELLMAP_API_DATABASE.',
    ],
    [
      ['map', '--local', '--config-file', '/nowhere/nova.conf'],
      `/nowhere/nova.conf cannot be read (ENOENT). ${withoutConf}`,
    ],
    [['verify', '--second-look', '3601'], '--second-look must be a whole number from 0 to 3,600.'],
    [['repair', '--class', 'noCell', '--second-look', '-1'], '--second-look must be a whole number from 0 to 3,600.'],
    [['repair', '--local'], `repair needs --class with what is to be mended: ${repairable}.`],
    [['repair', '--class', 'noCell,unmapped'], `repair knows no class "unmapped". There are: ${repairable}.`],
    [['repair', '--class', ''], `repair knows no class "". There are: ${repairable}.`],
    [
      ['repair', '--class', 'orphan', '--undo-file', 'a.jsonl'],
      '--undo-file needs --apply: without it nothing is changed.',
    ],
    [
      ['repair', '--class', 'orphan', '--apply', '--undo-file', '/nowhere/a.jsonl', '--local'],
      'The undo file /nowhere/a.jsonl cannot be written (ENOENT): give --undo-file one in another folder.',
    ],
    [['undo', '/nowhere/a.jsonl', '--local'], '/nowhere/a.jsonl cannot be read (ENOENT).'],
    ...['eb0e61d0', 'eb0e61d0a3714830a35d4e3256af5b3d', 'gb0e61d0-a371-4830-a35d-4e3256af5b3d', ''].map(
      (uuid): [string[], string] => [
        ['explain', uuid, '--local'],
        `"${uuid}" is not the uuid of an instance, such as eb0e61d0-a371-4830-a35d-4e3256af5b3d.`,
      ],
    ),
    [['runs', '--limit', '0'], '--limit must be a whole number from 1 to 200.'],
    [['runs', '--limit', '201'], '--limit must be a whole number from 1 to 200.'],
    ...['watch', 'stop', 'retry', 'report'].map((name): [string[], string] => [
      [name, 'latest', '--local'],
      'A run with --local ends with its command, so there is none to look for later: leave out --local.',
    ]),
    [['cells', '--local', '--cell', 'a'], '--cell belongs to map: cells lists all cells.'],
  ])('%j is told in one line and exits with 2', async (args, message) => {
    expect(await cellmap(args)).toEqual({ exitCode: 2, stdout: '', stderr: `cellmap: ${message}\n` });
  });

  it.each([
    [['map', '--max-cuont', '5'], "unknown option '--max-cuont' (Did you mean --max-count?)", 'map '],
    [['map', '--cell'], "option '--cell <name|uuid>' argument missing", 'map '],
    [['cells', 'cell1'], "too many arguments for 'cells'. Expected 0 arguments but got 1.", 'cells '],
    [['explain'], "missing required argument 'uuid'", 'explain '],
    [['undo'], "missing required argument 'file'", 'undo '],
    [['watch'], "missing required argument 'run'", 'watch '],
    [['stop', 'a', 'b'], "too many arguments for 'stop'. Expected 1 argument but got 2.", 'stop '],
    [['maps'], "unknown command 'maps' (Did you mean map?)", ''],
  ])('%j is told in one line with a hint and exits with 2', async (args, message, command) => {
    const { exitCode, stdout, stderr } = await cellmap(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^cellmap: .*\n.*--help explains the (options|commands)\.\n$/);
    expect(stderr.split('\n')).toMatchObject([`cellmap: ${message}`, expect.stringContaining(`${command}--help`), '']);
  });

  it('without a command shows the help on stderr', async () => {
    const { exitCode, stdout, stderr } = await cellmap([]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: cellmap');
  });
});

describe('help', () => {
  it.each(['map', 'cells', 'verify', 'repair', 'undo', 'explain', 'runs', 'watch', 'stop', 'retry', 'report', 'demo'])(
    'of %s has examples and its exit codes',
    async (command) => {
      const { exitCode, stdout, stderr } = await cellmap([command, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/Examples:\n {2}\S/);
      expect(stdout).toMatch(/Exit codes:\n {2}0 /);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    },
  );

  it('of map explains every status of a run, and the bounds of its options', async () => {
    const { stdout } = await cellmap(['map', '--help']);
    for (const { exitCode, status, meaning } of runStatuses) {
      expect(stdout).toContain(`\n  ${String(exitCode).padEnd(5)}${status}: ${meaning}`);
    }
    expect(stdout).toContain('  127  Must supply a positive value for max-count.');
    expect(stdout).toContain('1 to 10,000 (default: 4,000)');
  });

  it.each(['verify', 'repair', 'undo', 'explain'] as const)('of %s explains how it can end', async (command) => {
    const { stdout } = await cellmap([command, '--help']);
    for (const [status, meaning] of Object.entries(statusMeanings[command])) {
      const code = String(exitCodeOf(status as RunStatus)).padEnd(5);
      expect(stdout).toContain(`\n  ${code}${status}: ${meaning}`);
    }
    expect(stdout).toContain('\n  2    A mistake in what was asked for');
  });

  it('of verify explains every class, and of repair those that it can mend', async () => {
    const [verify, repair] = [
      (await cellmap(['verify', '--help'])).stdout,
      (await cellmap(['repair', '--help'])).stdout,
    ];
    for (const name of classNames) {
      const line = new RegExp(`^  ${name} +\\S`, 'm');
      expect(verify).toMatch(line);
      expect(line.test(repair)).toBe(classes[name].repairable);
    }
    expect(verify.replaceAll(/\s+/g, ' ')).toContain("0 where Nova's control plane is stopped (default: 30)");
  });

  it('of map says which source of the databases wins, and that portions should be large', async () => {
    const { stdout } = await cellmap(['map', '--help']);
    const sources = [
      '  --api-database, --main',
      '  --config-file  ',
      '  CELLMAP_API_DATABASE',
      '  CELLMAP_MAIN_DATABASE',
    ];
    const places = sources.map((source) => stdout.lastIndexOf(source));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(stdout).toContain('what comes first here wins');
    expect(stdout).toContain('100,000, not 1,000');
  });

  it('has examples that run in the checkout, and says how to see where an error came from', async () => {
    for (const command of [
      [],
      ...['map', 'cells', 'verify', 'repair', 'undo', 'explain', 'runs', 'watch'].map((name) => [name]),
    ]) {
      const { stdout } = await cellmap([...command, '--help']);
      const examples = stdout.slice(stdout.indexOf('Examples'));
      const commands = examples.match(
        /cellmap (map|cells|verify|repair|undo|explain|demo|runs|watch|stop|retry|report)/g,
      );
      expect(commands?.length).toBe(
        examples.match(/npx cellmap (map|cells|verify|repair|undo|explain|demo|runs|watch|stop|retry|report)/g)?.length,
      );
    }
    expect((await cellmap(['--help'])).stdout).toMatch(/bin\/cellmap\.js .* any folder[\s\S]*CELLMAP_DEBUG=1/);
  });

  it('tells the version', async () => {
    expect(await cellmap(['--version'])).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });
});

describe('a URL that cannot be used', () => {
  it.each([
    ['mssql://nova:s3cret@db/nova_api', /^cellmap: CELLMAP_API_DATABASE: The database URL's scheme: mssql /],
    ['mysql://nova:s3cret@db:x/nova_api', /^cellmap: CELLMAP_API_DATABASE: The database URL's port: /],
    ['mysql://nova:s3cret@db/nova_api?x=y', /^cellmap: CELLMAP_API_DATABASE: The database URL's option x /],
  ])('is a mistake that names the source and the part, not the URL', async (url, message) => {
    const { exitCode, stderr } = await cellmap(['map', '--local'], { CELLMAP_API_DATABASE: url });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('s3cret');
  });
});
