import { DEFAULT_PAGE_SIZE, DEFAULT_WRITERS, MAX_PAGE_SIZE, MAX_WRITERS } from '../contract/defaults.ts';
import { runStatuses } from '../domain/run-status.ts';
import { exitCodes } from './command-error.ts';
import { databaseVariables } from './databases.ts';
import { BAD_MAX_COUNT } from './options.ts';

const number = (value: number) => value.toLocaleString('en-US');

/** The bounds and defaults of the options, from the tables that the machine goes by. */
export const optionHelp = {
  pageSize: `rows a page, 1 to ${number(MAX_PAGE_SIZE)} (default: ${number(DEFAULT_PAGE_SIZE)})`,
  writers: `writers on the API database at once, over all cells, 1 to ${MAX_WRITERS} (default: ${DEFAULT_WRITERS})`,
} as const;

/** The exit codes as a table; those of runs only where the command maps. */
export function exitCodeHelp(command: 'map' | 'cells' | 'demo'): string {
  const ofRuns = runStatuses.map(({ exitCode, status, meaning }) => [exitCode, `${status}: ${meaning}`] as const);
  const misuse = [exitCodes.misuse, 'A mistake in what was asked for; nothing was written.'] as const;
  const short = [
    [exitCodes.ok, command === 'cells' ? 'Every cell was counted.' : 'The demo ended as it should.'],
    misuse,
    [exitCodes.failed, command === 'cells' ? 'A cell could not be counted; the message says why.' : 'It failed.'],
    [exitCodes.stopped, 'Stopped before its end.'],
  ] as const;
  const rows = command === 'map' ? [...ofRuns, misuse, [exitCodes.badMaxCount, `${BAD_MAX_COUNT}.`] as const] : short;
  const lines = [...rows].sort(([a], [b]) => a - b).map(([code, text]) => `  ${String(code).padEnd(5)}${text}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}

const databaseHelp = `
The databases of a run with --local; what comes first here wins:
  --api-database, --main-database  URLs, whose passwords other users of the computer can see
  --config-file                    [api_database] connection and [database] connection of a nova.conf
  ${databaseVariables.api}             the API database's URL, such as postgresql://nova:…@db1/nova_api
  ${databaseVariables.main}            the main database's URL, from which templates like {scheme}://… are filled`;

/** What stands below the options of each command. */
export const commandHelp = {
  all: `
Examples, in the checkout (bin/cellmap.js is the same command and works from any folder):
  npx cellmap demo                                                  see it work, on a small cloud of its own
  npx cellmap cells --local --config-file /etc/nova/nova.conf       what is in each cell of your Nova
  npx cellmap map --local --config-file /etc/nova/nova.conf         write the missing mappings
  npx cellmap map --stack cellmap --region eu-central-1             the same with the stack deployed to AWS

npx cellmap COMMAND --help explains a command, its exit codes too. Results go to stdout, progress to stderr.
CELLMAP_DEBUG=1 shows where an error came from; what it prints may hold passwords.`,
  map: `
Every visible instance of a cell gets its row in instance_mappings; rows that exist are never changed. It is safe
to stop it (Ctrl-C), and to run it again or twice at once: it goes on with what is missing.

--max-count is for portions, as with nova-manage. Each run first reads again what is mapped already, so large ones
are sensible: 100,000, not 1,000.
${databaseHelp}

Examples:
  npx cellmap map --local --config-file /etc/nova/nova.conf
  npx cellmap map --local --config-file /etc/nova/nova.conf --cell cell1 --cell cell2
  npx cellmap map --stack cellmap --json > result.json
  while npx cellmap map --local --max-count 100000; [ $? -eq 1 ]; do sleep 60; done
${exitCodeHelp('map')}`,
  cells: `
Counts the rows of every cell's instances, of every kind, and the mappings that point to it. It changes nothing.
${databaseHelp}

Examples:
  npx cellmap cells --local --config-file /etc/nova/nova.conf
  npx cellmap cells --stack cellmap --json
${exitCodeHelp('cells')}`,
  demo: `
Starts a PostgreSQL of its own, makes Nova's tables and some 60,000 instances in three cells, and maps them with the
same state machine and functions that run on AWS. It needs no AWS account, no Docker and no root, and leaves nothing
running. Its cloud has a few conflicts on purpose, so that the result shows what they look like.

Examples:
  npm start
  npm start -- --writers 1
  npm start -- --json > result.json
${exitCodeHelp('demo')}`,
} as const;
