/** The terminal that a client asks for (RFC 4254 sections 6.2 and 6.7), within what is passed on. Pure. */
import { MODE_NAMES } from './terminal-modes.ts';

/** Its size; 0 where the client does not say. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** A terminal. */
export interface Terminal extends TerminalSize {
  /** Kind of terminal, as TERM has it. */
  readonly term: string;
  /** Modes by the names of RFC 4254 section 8. */
  readonly modes: Readonly<Record<string, number>>;
}

/** The kernel holds sizes in 16 bits; what draws a screen of such a size needs gigabytes. */
const MOST_CELLS = 4096;
const MOST_PIXELS = 65_535;

/** What may name an entry of terminfo: no path. */
const TERM = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/** The kind of terminal, or the plainest one for what is no name. */
export function termName(text: unknown): string {
  return typeof text === 'string' && TERM.test(text) ? text : 'dumb';
}

/** Reads what `ssh2` tells of a `pty-req`. */
export function readTerminal(told: Readonly<Record<string, unknown>>): Terminal {
  return { term: termName(told['term']), modes: readModes(told['modes']), ...readSize(told) };
}

/** Reads what `ssh2` tells of a `window-change`. */
export function readSize(told: Readonly<Record<string, unknown>>): TerminalSize {
  return {
    columns: upTo(told['cols'], MOST_CELLS),
    rows: upTo(told['rows'], MOST_CELLS),
    widthPixels: upTo(told['width'], MOST_PIXELS),
    heightPixels: upTo(told['height'], MOST_PIXELS),
  };
}

function upTo(value: unknown, most: number): number {
  return typeof value === 'number' && value >= 0 ? Math.min(Math.trunc(value), most) : 0;
}

function readModes(modes: unknown): Readonly<Record<string, number>> {
  if (typeof modes !== 'object' || modes === null) return {};
  return Object.fromEntries(
    Object.entries(modes).filter(
      (mode): mode is [string, number] => MODE_NAMES.has(mode[0]) && typeof mode[1] === 'number',
    ),
  );
}
