/** How far an export has come, on the device. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Everything before this byte of this segment was received. */
export interface ExportPosition {
  readonly segment: number;
  readonly offset: number;
  /** The last record that was received; 0 for none. */
  readonly seq: number;
}

/** The beginning of the log. */
export const BEGINNING: ExportPosition = { segment: 1, offset: 0, seq: 0 };

/** Where positions are kept. */
export function positionFile(dataFolder: string, name: string): string {
  return join(dataFolder, 'audit-exports', `${name}.json`);
}

/** Reads a position; the beginning where there is none, or none that can be read: twice is better than never. */
export async function readPosition(path: string): Promise<ExportPosition> {
  try {
    const { segment, offset, seq } = JSON.parse(await readFile(path, 'utf8')) as Partial<ExportPosition>;
    if (isCount(segment, 1) && isCount(offset, 0) && isCount(seq, 0)) return { segment, offset, seq };
  } catch {
    // Absent or damaged.
  }
  return BEGINNING;
}

/** Writes it beside the old one, onto the device, and then in its place. */
export async function writePosition(path: string, position: ExportPosition): Promise<void> {
  const next = `${path}.next`;
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(position)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
