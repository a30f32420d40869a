/** A command of a runbook, and the exit codes that it may have. */
export interface RunbookCommand {
  /** As a person types it, without the comment. */
  text: string;
  exitCodes: number[];
}

/** Commands that stand together. */
export interface RunbookBlock {
  /** What its marker says behind `run`: something that is so while they run. */
  beside: string;
  commands: RunbookCommand[];
}

/**
 * The commands of a page that are to be executed: those of the blocks below a line such as `<!-- run -->`. The numbers
 * at the beginning of a command's comment are what it may exit with.
 */
export function readRunbook(page: string): RunbookBlock[] {
  return [...page.matchAll(/^<!-- run(.*) -->\n```sh\n([\s\S]*?)^```$/gm)].map(([, beside = '', block = '']) => ({
    beside: beside.trim(),
    commands: block
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [text = '', comment = ''] = line.split(/\s+# /);
        return { text, exitCodes: codesOf(comment) };
      }),
  }));
}

function codesOf(comment: string): number[] {
  const [, first, last] = /^(\d+) to (\d+)\b/.exec(comment) ?? [];
  if (first !== undefined) return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
  return [...comment.matchAll(/\b\d+\b/g)].map(([code]) => Number(code));
}
