import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type EmbeddedPostgres, startPostgres } from '../../local/postgres.ts';
import { type DeployedStack, deploy } from '../cli/deployed.ts';
import { readRunbook } from '../docs/runbook.ts';
import { type Cloud, createCloud, mapping, row, rows, uuidOf } from './cloud.ts';
import { type Machine, startMachine } from './harness.ts';
import { beginTransaction } from './verify-transaction.ts';

/** The instance that the runbook explains. */
const EXPLAINED = 'eb0e61d0-a371-4830-a35d-4e3256af5b3d';

const COMMAND = join(import.meta.dirname, '../../bin/cellmap.js');
const blocks = readRunbook(readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8'));

describe('the command on a deployed stack', () => {
  let server: EmbeddedPostgres;
  let cloud: Cloud;
  let machine: Machine;
  let stack: DeployedStack;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres();
    cloud = await createCloud(server);
    machine = await startMachine(cloud.api.url);
    stack = await deploy(machine.aws);
    folder = await mkdtemp(join(tmpdir(), 'cellmap-test-'));
  }, 60_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await stack?.close();
    await machine?.stop();
    await cloud?.drop();
    await server?.stop();
  });
  beforeEach(() => cloud.reset());

  /** Begins a command as a person types it into a shell, in a folder of the test's. */
  function begin(text: string) {
    const command = text.replaceAll('npx cellmap', '"$CELLMAP_NODE" "$CELLMAP_COMMAND"');
    const { PATH } = process.env;
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: folder,
      env: { PATH, NO_COLOR: '1', CELLMAP_NODE: process.execPath, CELLMAP_COMMAND: COMMAND, ...stack.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        printed += more;
      });
    }
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, printed }));
    return { child, ended };
  }

  /** Lets no mapping be read or written, until the returned function is called. */
  async function lockMappings() {
    const transaction = await beginTransaction(server, cloud.api.name);
    await transaction.query('LOCK TABLE instance_mappings IN ACCESS EXCLUSIVE MODE');
    return transaction;
  }

  it('does what the runbook says, and ends as it says', async () => {
    await cloud.databases.cell1.insertInstances([...rows(1, 40), { ...row(41), uuid: EXPLAINED }]);
    await cloud.databases.cell2.insertInstances(rows(101, 120));
    await cloud.api.insertMappings([mapping(1, 'cell1', { userId: null })]);
    const codes: [command: string, code: number | null][] = [];
    for (const { beside, commands } of blocks) {
      let finish = async () => {};
      if (beside === 'beside a run') {
        await cloud.databases.cell2.insertInstances(rows(121, 140));
        const lock = await lockMappings();
        const map = begin('npx cellmap map');
        await lock.untilAwaited();
        finish = async () => {
          expect((await map.ended).code).toBe(130);
          await lock.commit();
        };
      }
      for (const { text, exitCodes } of commands) {
        // Nothing changes by itself here, so nobody has to wait for the second look.
        const { code, printed } = await begin(/cellmap (verify|repair)/.test(text) ? `${text} --second-look 0` : text)
          .ended;
        const words = text.replace('npx cellmap ', '');
        codes.push([words, code]);
        if (!exitCodes.includes(code ?? -1)) throw new Error(`${text} exits with ${code}:\n${printed}`);
        if (words.startsWith('stop')) await finish();
      }
    }
    expect(codes).toEqual([
      ['cells', 0],
      ['map --dry-run', 1],
      ['map', 3],
      ['verify', 3],
      [`explain ${EXPLAINED}`, 0],
      ['repair --class wrongDetails', 1],
      ['repair --class wrongDetails --apply --undo-file mended.jsonl', 0],
      ['verify', 0],
      ['undo mended.jsonl', 0],
      ['runs', 0],
      ['watch latest', 0],
      ['report latest', 0],
      ['report latest --json > result.json', 0],
      ['report result.json', 0],
      ['stop latest', 0],
      ['retry latest', 3],
    ]);
    const mapped = await cloud.api.readMappings();
    expect(mapped).toHaveLength(81);
    expect(new Set(mapped.map(({ instanceUuid }) => instanceUuid))).toContain(uuidOf(140));
    expect(await readdir(folder)).toEqual(['mended.jsonl', 'result.json']);
  }, 120_000);

  it('leaves its run alone when its terminal is closed, and another joins it', async () => {
    await cloud.databases.cell1.insertInstances(rows(1, 5));
    const lock = await lockMappings();
    const map = begin('npx cellmap map');
    await lock.untilAwaited();
    map.child.kill('SIGHUP');
    const { code, printed } = await map.ended;
    const [, name = ''] = /^The run goes on\.\nJoin it: npx cellmap watch (map-\S+)$/m.exec(printed) ?? [];
    expect([code, name]).toEqual([130, expect.stringMatching(/^map-/)]);
    const watching = begin(`npx cellmap watch ${name}`);
    await lock.commit();
    expect(await watching.ended).toMatchObject({
      code: 0,
      printed: expect.stringContaining('Mapped 5 of 5 instances in 3 cells'),
    });
  });
});
