import {
  DEFAULT_LOAD,
  DEFAULT_PAGE_SIZE,
  DEFAULT_SECOND_LOOK_SECONDS,
  DEFAULT_STATEMENT_MS,
  DEFAULT_WRITERS,
  LEAST_LOAD,
  MAX_PAGE_SIZE,
  MAX_SECOND_LOOK_SECONDS,
  MAX_WRITERS,
  STATEMENT_MS_BOUNDS,
} from '../contract/defaults.ts';
import { classes, classNames, repairableClasses } from '../domain/classification.ts';
import { exitCodeOf, type RunStatus, runStatuses } from '../domain/run-status.ts';
import { exitCodes } from './command-error.ts';
import { databaseVariables } from './databases.ts';
import { BAD_MAX_COUNT, REPAIRABLE } from './options.ts';
import { type MeaningMode, statusMeanings } from './report/meanings.ts';

const number = (value: number) => value.toLocaleString('en-US');

/** The bounds and defaults of the options, from the tables that the machine goes by. */
export const optionHelp = {
  pageSize: `the most rows a page, 1 to ${number(MAX_PAGE_SIZE)} (default: ${number(DEFAULT_PAGE_SIZE)})`,
  writers: `writers on the API database at once, over all cells, 1 to ${MAX_WRITERS} (default: ${DEFAULT_WRITERS})`,
  statementMs: `how long a statement should take, in milliseconds; pages grow and shrink towards it, ${STATEMENT_MS_BOUNDS.least} to ${number(STATEMENT_MS_BOUNDS.most)} (default: ${DEFAULT_STATEMENT_MS})`,
  load: `the share of the time in which a writer works, ${LEAST_LOAD} to 1; it rests in between (default: ${DEFAULT_LOAD})`,
  secondLook: `look again at what differs after so many seconds, 0 to ${number(MAX_SECOND_LOOK_SECONDS)}; 0 where Nova's control plane is stopped (default: ${DEFAULT_SECOND_LOOK_SECONDS})`,
  classes: `what to mend, comma-separated or given several times: ${REPAIRABLE}`,
} as const;

const MISUSE = [exitCodes.misuse, 'A mistake in what was asked for; nothing was written.'] as const;

/** The exit codes as a table; those of runs in the words of the command. */
export function exitCodeHelp(command: 'map' | 'cells' | 'demo' | MeaningMode): string {
  const rows = [...ownExitCodes(command), MISUSE].sort(([a], [b]) => a - b);
  return `\nExit codes:\n${rows.map(([code, text]) => `  ${String(code).padEnd(5)}${text}`).join('\n')}`;
}

function ownExitCodes(command: Parameters<typeof exitCodeHelp>[0]): (readonly [code: number, text: string])[] {
  switch (command) {
    case 'map':
      return [
        ...runStatuses.map(({ exitCode, status, meaning }) => [exitCode, `${status}: ${meaning}`] as const),
        [exitCodes.badMaxCount, `${BAD_MAX_COUNT}.`],
      ];
    case 'cells':
    case 'demo':
      return [
        [exitCodes.ok, command === 'cells' ? 'Every cell was counted.' : 'The demo ended as it should.'],
        [exitCodes.failed, command === 'cells' ? 'A cell could not be counted; the message says why.' : 'It failed.'],
        [exitCodes.stopped, 'Stopped before its end.'],
      ];
    default:
      return Object.entries(statusMeanings[command]).map(
        ([status, meaning]) => [exitCodeOf(status as RunStatus), `${status}: ${meaning}`] as const,
      );
  }
}

const widestClass = Math.max(...classNames.map((name) => name.length));

/** The classes with their meanings, a line each. */
function classHelp(names: readonly (keyof typeof classes)[]): string {
  return names.map((name) => `  ${name.padEnd(widestClass)}  ${classes[name].meaning}`).join('\n');
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
  npx cellmap verify --local --config-file /etc/nova/nova.conf      is every instance findable, and is its mapping right
  npx cellmap repair --class noCell,wrongDetails --local            what would mend them; --apply does it, undo undoes it
  npx cellmap explain UUID --local                                  where one instance is, and what is wrong with it
  npx cellmap map --stack cellmap --region eu-central-1             the same with the stack deployed to AWS
  npx cellmap watch latest --stack cellmap                          join the run that was started last; runs lists them

npx cellmap COMMAND --help explains a command, its exit codes too. Results go to stdout, progress to stderr.
CELLMAP_DEBUG=1 shows where an error came from; what it prints may hold passwords.`,
  map: `
Every visible instance of a cell gets its row in instance_mappings; rows that exist are never changed. It is safe
to stop it (Ctrl-C), and to run it again or twice at once: it goes on with what is missing. A run of a deployed stack
goes on where the terminal is closed, and watch joins it again; a run with --local ends with its command.

--dry-run begins by checking every database: that it answers, what its user may do, its version, its tables. Then it
says what map would insert, by cell and by project, and what it would report; with --max-count, what map with it would
insert. A user who may only SELECT is enough.

What is mapped already is passed over by digests, so that a second run, or one after a stop, goes on quickly.
--max-count is for portions, as with nova-manage. With it, each run first reads again what is mapped already, so large
ones are sensible: 100,000, not 1,000.

The API database is the one thing that all cells share. Two writers with statements of a tenth of a second are safe
beside a busy API; --writers 1 --load 0.2 asks a tenth of that. Where the database has locks, timeouts or too many
requests, writers wait and come back by degrees; the result says how long, and why.
${databaseHelp}

Examples:
  npx cellmap map --local --config-file /etc/nova/nova.conf --dry-run
  npx cellmap map --local --config-file /etc/nova/nova.conf
  npx cellmap map --local --config-file /etc/nova/nova.conf --cell cell1 --cell cell2
  npx cellmap map --stack cellmap --writers 2 --load 0.5
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
  verify: `
Compares all of each cell with all of instance_mappings. It only reads: both databases digest their rows, and only
where the digests differ are rows compared. What differs is looked at again after --second-look seconds, because Nova
itself may just be changing it. --json has the SQL with which each digest can be checked by hand.

The classes of an instance or a mapping, the worst first:
${classHelp(classNames)}
What --cell leaves out is not read: then inTwoCells, otherCell, noCell and orphan cannot be told, and are undecided.
${databaseHelp}

Examples:
  npx cellmap verify --local --config-file /etc/nova/nova.conf
  npx cellmap verify --stack cellmap --json > verification.json
  npx cellmap verify --local --second-look 0        after an upgrade, while the control plane is still stopped
${exitCodeHelp('verify')}`,
  repair: `
Verifies as verify does, and mends what it finds of the named classes. Without --apply it changes nothing and shows
what it would change. Each change is made only while its row is as it was seen, and none while Nova is building the
instance. What was there before and after goes into a file, from which undo puts it back. Changing and removing takes
UPDATE and DELETE on instance_mappings, besides what map needs; undo takes INSERT too.

The classes that can be repaired:
${classHelp(repairableClasses)}
otherCell, noCell and wrongDetails get what the instance's row says; orphan and placeholder mappings are removed.
otherCell, noCell and orphan take every cell: with --cell, or while a cell does not answer, none of them is touched.
${databaseHelp}

Examples:
  npx cellmap repair --local --config-file /etc/nova/nova.conf --class noCell,wrongDetails
  npx cellmap repair --local --config-file /etc/nova/nova.conf --class noCell,wrongDetails --apply
  npx cellmap repair --stack cellmap --class orphan --apply --undo-file orphans.jsonl
${exitCodeHelp('repair')}`,
  undo: `
Puts the rows back that a repair changed or removed, each only while it is as the repair left it. It is safe to stop
it, and to run it again. A file of another cloud, or one that is not whole, is refused before anything is written.
${databaseHelp}

Examples:
  npx cellmap undo cellmap-undo-repair-20261122T140501Z-ab12.jsonl --local --config-file /etc/nova/nova.conf
  npx cellmap undo orphans.jsonl --stack cellmap
${exitCodeHelp('undo')}`,
  explain: `
Asks every cell for one instance, and the API database for its mapping; says what is wrong with it, if anything is, and
which command mends that. It changes nothing.
${databaseHelp}

Examples:
  npx cellmap explain eb0e61d0-a371-4830-a35d-4e3256af5b3d --local --config-file /etc/nova/nova.conf
  npx cellmap explain eb0e61d0-a371-4830-a35d-4e3256af5b3d --stack cellmap --json
${exitCodeHelp('explain')}`,
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
