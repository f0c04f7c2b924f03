/** What the service of the HTTP driver holds: rows of targets. */
import { createHash } from 'node:crypto';
import { EVERY_TARGET, labelOf, markerOf, ROWS, type Target } from './driver.ts';

/** One row. */
export interface Row {
  readonly id: number;
  readonly label: string;
  readonly word: string;
}

/** Whether a text names a target. */
export function isTarget(text: string): text is Target {
  return EVERY_TARGET.some((target) => target === text);
}

/** The rows of a target. */
export function rowsOf(target: Target): readonly Row[] {
  const count = target === 'many' ? 100 : target === 'large' ? 10 : ROWS;
  return Array.from({ length: count }, (_, index) => rowOf(target, index + 1));
}

function rowOf(target: Target, id: number): Row {
  const marker = `${markerOf(target)}-${id}`;
  const word =
    target === 'detected' ? `${marker}@example.org` : target === 'large' ? `${marker}${noise(id)}` : marker;
  return { id, label: `${labelOf(target)}-${id}`, word };
}

/** Ten thousand characters that no coding makes short. */
function noise(seed: number): string {
  let text = '';
  for (let index = 0; text.length < 10_000; index += 1) {
    text += createHash('sha256').update(`${seed} ${index}`).digest('hex');
  }
  return text.slice(0, 10_000);
}

/** How many rows a text holds, whatever its form: each has one label. */
export function rowsIn(text: string): number {
  return text.match(/label-of-[a-z]+-\d+/g)?.length ?? 0;
}
