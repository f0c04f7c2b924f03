/** A recorded terminal as the player wants it: the lines of an asciicast, read within bounds. */
import type { AsciicastLine } from '../../../../gateway/src/api/contract/recording.ts';
import { open } from '../../api/ask.ts';
import { readLines } from '../../api/read-lines.ts';

/** What a page keeps of a session; the export has all. In characters. */
const MOST_CHARACTERS = 20_000_000;

/** A decision, or another moment that is worth going to. */
export interface Mark {
  /** Seconds since the session was opened. */
  readonly atSeconds: number;
  readonly label: string;
}

/** What was read. */
export interface Cast {
  readonly lines: readonly AsciicastLine[];
  /** In the order of the marks in `lines`. */
  readonly marks: readonly Mark[];
  /** There is more than is shown here. */
  readonly isCut: boolean;
}

/** Reads what the terminals of a session showed so far. @throws ApiProblem */
export async function readCast(session: string, signal: AbortSignal): Promise<Cast> {
  const response = await open(`/v1/sessions/${session}/asciicast`, { signal });
  const lines: AsciicastLine[] = [];
  const marks: Mark[] = [];
  let atSeconds = 0;
  let characters = 0;
  for await (const text of readLines(response)) {
    if (text === '') continue;
    characters += text.length;
    if (characters > MOST_CHARACTERS) return { lines, marks, isCut: true };
    const line = JSON.parse(text) as AsciicastLine;
    lines.push(line);
    if ('version' in line) continue;
    const [seconds, code, data] = line;
    atSeconds += seconds;
    if (code === 'm') marks.push({ atSeconds, label: data });
  }
  return { lines, marks, isCut: false };
}

/** Minutes and seconds, as players show them. */
export function playerTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
