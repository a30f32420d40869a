import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { cut } from './text.ts';

/** How a piece of text looks where colours are welcome. */
export type Look = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold' | 'plain';

/** A piece of a line and its look. */
export type Piece = readonly [text: string, look?: Look];

/** Joins pieces to a line of at most `width` columns, in colour or plain. */
export function paintLine(pieces: readonly Piece[], width: number, colours: boolean): string {
  let line = '';
  let left = width;
  for (const [text, look = 'plain'] of pieces) {
    const shown = cut(text, left);
    left -= stringWidth(shown);
    line += paint(shown, look, colours);
    if (shown !== text) break;
  }
  return line;
}

/** One text in its look. */
export function paint(text: string, look: Look, colours: boolean): string {
  return colours && look !== 'plain' && text !== '' ? styleText(look, text, { validateStream: false }) : text;
}
