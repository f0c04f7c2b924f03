/** Prints what the agent thinks, does and sees, in the form of the ReAct paper. */
import { styleText } from 'node:util';

const WIDTH = 100;
const MAX_ROWS = 12;
const MAX_CELL = 60;

/** One kind of line. */
export type TranscriptPart = 'Thought' | 'Action' | 'Observation' | 'Approver';

const STYLES = { Thought: 'cyan', Action: 'yellow', Observation: 'green', Approver: 'magenta' } as const;

/** Where lines go, and whether they may be coloured. */
export interface Transcript {
  /** A heading. */
  begin(title: string): void;
  say(part: TranscriptPart, text: string, isRefusal?: boolean): void;
}

/** A transcript on `stream`; colours only where a terminal shows them and `NO_COLOR` does not forbid them. */
export function createTranscript(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): Transcript {
  const isColourful = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isColourful ? styleText(style, text, { validateStream: false }) : text;
  return {
    begin: (title) => {
      stream.write(`\n${paint('bold', `── ${title} ${'─'.repeat(Math.max(3, WIDTH - title.length))}`)}\n`);
    },
    say: (part, text, isRefusal = false) => {
      if (part === 'Thought') stream.write('\n');
      const label = paint(['bold', isRefusal ? 'red' : STYLES[part]], `${part}:`.padEnd(13));
      const lines = text.split('\n').flatMap((line) => wrap(line));
      const body = lines.map((line) => (isRefusal ? paint('red', line) : line)).join(`\n${' '.repeat(13)}`);
      stream.write(`${label}${body}\n`);
    },
  };
}

/** Rows as a small table, the way an agent's tool would show them to its model. */
export function formatRows(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const [first] = rows;
  if (first === undefined) return '(no rows)';
  const names = Object.keys(first);
  // One row with long text reads better downwards.
  if (rows.length === 1 && Object.values(first).some((value) => String(value).length > MAX_CELL)) {
    return names.map((name) => `${name}: ${String(first[name]).replaceAll(/\s+/gu, ' ')}`).join('\n');
  }
  const shown = rows.slice(0, MAX_ROWS);
  const cells = shown.map((row) => names.map((name) => formatCell(row[name])));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (words: readonly string[]): string =>
    words
      .map((word, column) => word.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const more = rows.length > shown.length ? [`… ${rows.length - shown.length} more`] : [];
  return [line(names), ...cells.map(line), ...more].join('\n');
}

/** JSON on a line that can be broken at blanks. */
export function formatJson(json: unknown): string {
  if (json === undefined) return '(no body)';
  return JSON.stringify(json, null, 1).replaceAll(/\n\s*/gu, ' ');
}

function formatCell(value: unknown): string {
  const text = value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
  const oneLine = text.replaceAll(/\s+/gu, ' ');
  return oneLine.length > MAX_CELL ? `${oneLine.slice(0, MAX_CELL - 1)}…` : oneLine;
}

/** Breaks at blanks; a line of a table is left alone. */
function wrap(text: string): readonly string[] {
  if (text.length <= WIDTH || text.includes('  ')) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
