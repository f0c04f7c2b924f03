import { styleText } from 'node:util';
import type { CliIo } from './command.ts';
import { printable } from './printable.ts';

/** A column: its title, its width in characters, and which side its cells stand on. */
export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
}

/** One line of a table, cells cut to their columns; the last column is not padded. */
export function tableRow(columns: readonly Column[], cells: readonly string[]): string {
  const padded = columns.map(({ width, align }, index) => {
    const cell = printable(cells[index] ?? '', width);
    const padding = ' '.repeat(width - [...cell].length);
    if (align === 'right') return padding + cell;
    return index === columns.length - 1 ? cell : cell + padding;
  });
  return `${padded.join('  ').trimEnd()}\n`;
}

/** The line of titles, bold where the output is a terminal that shows it. */
export function tableHead(columns: readonly Column[], io: CliIo): string {
  const titles = tableRow(
    columns,
    columns.map(({ title }) => title),
  );
  return hasColour(io) ? `${styleText('bold', titles.trimEnd(), { validateStream: false })}\n` : titles;
}

/** The columns, each no wider than its title and cells need. */
export function fitted(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly Column[] {
  return columns.map((column, index) => {
    const lengths = rows.map((cells) => [...printable(cells[index] ?? '', column.width)].length);
    return { ...column, width: Math.min(column.width, Math.max(column.title.length, ...lengths)) };
  });
}

function hasColour({ stdout }: CliIo): boolean {
  const isTerminal = 'isTTY' in stdout && stdout.isTTY === true;
  return isTerminal && (process.env['NO_COLOR'] ?? '') === '';
}
