import type { SourceSpan } from './source-file.ts';

const MAX_LINE_LENGTH = 160;

/**
 * Draws the line of a span with one line before and after it, and carets under the span.
 *
 * Lines longer than 160 characters are cut, and control characters are shown as `·`, so that a policy file
 * cannot steer the terminal of whoever reads the error.
 */
export function codeFrame(text: string, span: SourceSpan): string {
  const lines = text.split(/\r\n|\n|\r/);
  const first = Math.max(1, span.line - 1);
  const last = Math.min(lines.length, span.line + 1);
  const width = String(last).length;
  const rows: string[] = [];
  for (let number = first; number <= last; number++) {
    const source = lines[number - 1] ?? '';
    const marker = number === span.line ? '>' : ' ';
    rows.push(`${marker} ${String(number).padStart(width)} | ${printable(source)}`.trimEnd());
    if (number === span.line) {
      rows.push(`${' '.repeat(width + 2)} | ${carets(source, span)}`);
    }
  }
  return `${rows.join('\n')}\n`;
}

function carets(source: string, span: SourceSpan): string {
  const start = Math.min(span.column - 1, MAX_LINE_LENGTH);
  const room = Math.max(1, Math.min(source.length, MAX_LINE_LENGTH) - start);
  return ' '.repeat(start) + '^'.repeat(Math.max(1, Math.min(span.length, room)));
}

function printable(line: string): string {
  const cut = line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}…` : line;
  return cut.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\t' ? ' ' : '·'));
}
