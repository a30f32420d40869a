import { misuse } from '../command-error.ts';
import type { Connection } from '../connection.ts';
import type { WhereOptions } from '../options.ts';
import { connect, type Session } from '../session.ts';

/** Connects to the deployed stack whose runs a command is about. */
export async function connectRuns(options: WhereOptions, session: Session): Promise<Connection> {
  if (options.local) {
    throw misuse('A run with --local ends with its command, so there is none to look for later: leave out --local.');
  }
  return await connect(options, session, null);
}
