import type { ReportStatus, Tone } from './elements.ts';
import type { Html } from './html.ts';

/** A number that says how a run went. */
export interface Figure {
  name: string;
  value: string;
  tone?: Tone;
}

/** Something that a person should know of, and the commands that look at it or mend it. */
export interface Action {
  tone: Tone;
  title: string;
  text: string;
  /** Which instances or cells. */
  examples?: Html;
  commands: Command[];
}

/** A command and what it does. */
export interface Command {
  what: string;
  command: string;
}

/** What the document of a run comes to, in the parts of the page that differ by mode. */
export interface View {
  status: ReportStatus;
  /** What was found, in a few words. */
  headline: string;
  /** What the status means. */
  meaning: string;
  /** What was done, in a sentence. */
  summary: string;
  figures: Figure[];
  actions: Action[];
  sections: Html[];
}
