/**
 * Recorded output for the terminal of whoever looks at it: text, colours and movements of the cursor pass, everything else does not:
 * no clipboard (OSC 52), no titles and links (OSC), no device strings (DCS, APC, PM, SOS), no questions that the terminal
 * would answer into its input (DA, DSR, DECRQM, XTVERSION), no mouse, no paste mode, no printing. Pure; any cut gives the same.
 */

/** Finals of control sequences without prefix that draw, move and erase (ECMA-48 section 8.3, DEC VT510). */
const DRAWING = /^[0-9;:]*[@A-HJKLMPSTXZdfmrsu`abe]$/;
/** Modes that change how is drawn: cursor, wrapping, other screen, origin. */
const MODES = /^\?(?:1|6|7|12|25|47|1047|1048|1049)(?:;(?:1|6|7|12|25|47|1047|1048|1049))*[hl]$/;
/** Save and restore, index, line drawing and back. */
const ESCAPES = /^(?:[78DEM]|[()][0AB])$/;
/** Longest sequence that is looked at. */
const LONGEST = 64;

/** What makes a terminal as it was. */
export const RESET = '\u001b[?1049l\u001b(B\u001b[0m\u001b[r\u001b[?7h\u001b[?25h';

type State = 'text' | 'escape' | 'charset' | 'sequence' | 'string' | 'string-escape';

/** A filter for one stream of output. */
export class SafeTerminal {
  #state: State = 'text';
  #held = '';

  /** The next piece, as it may be written. */
  take(text: string): string {
    const out: string[] = [];
    for (const character of text) out.push(this.#next(character));
    return out.join('');
  }

  #next(character: string): string {
    switch (this.#state) {
      case 'text':
        return this.#text(character);
      case 'escape':
        return this.#escape(character);
      case 'charset':
        return this.#close(ESCAPES.test(this.#held + character), character);
      case 'sequence':
        return this.#sequence(character);
      case 'string':
        // BEL ends an OSC, as XTerm has it; CAN and SUB end anything.
        if (character === '\u001b') this.#state = 'string-escape';
        else if (/[\u0007\u0018\u001a\u009c]/.test(character)) this.#state = 'text';
        return '';
      case 'string-escape':
        this.#state = character === '\\' ? 'text' : 'string';
        return '';
    }
  }

  #text(character: string): string {
    if (character === '\u001b') {
      this.#state = 'escape';
      this.#held = '';
      return '';
    }
    if (/[\b\t\n\r]/.test(character)) return character;
    // The controls of eight bits begin the same sequences.
    if (character === '\u009b') this.#begin('sequence');
    else if (/[\u0090\u0098\u009d\u009e\u009f]/.test(character)) this.#begin('string');
    return /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(character)
      ? ''
      : character;
  }

  #begin(state: State): void {
    this.#state = state;
    this.#held = '';
  }

  #escape(character: string): string {
    if (character === '[') this.#begin('sequence');
    else if (/[\]PX^_]/.test(character)) this.#begin('string');
    else if (character === '\u001b') this.#begin('escape');
    else if (/[ -/]/.test(character)) {
      this.#state = 'charset';
      this.#held = character;
    } else return this.#close(ESCAPES.test(character), character);
    return '';
  }

  #sequence(character: string): string {
    if (character === '\u001b') {
      this.#begin('escape');
      return '';
    }
    if (/[\u0018\u001a]/.test(character)) {
      this.#state = 'text';
      return '';
    }
    // Other controls inside of a sequence would be carried out: they are left out.
    if (character < ' ') return '';
    if (!/[@-~]/.test(character)) {
      if (this.#held.length <= LONGEST) this.#held += character;
      return '';
    }
    const sequence = this.#held + character;
    this.#state = 'text';
    if (sequence.length > LONGEST) return '';
    return DRAWING.test(sequence) || MODES.test(sequence) ? `\u001b[${sequence}` : '';
  }

  #close(isSafe: boolean, character: string): string {
    const sequence = `\u001b${this.#held}${character}`;
    this.#state = 'text';
    this.#held = '';
    return isSafe ? sequence : '';
  }
}
