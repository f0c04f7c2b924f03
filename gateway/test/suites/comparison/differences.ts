/** What one side of a script printed and the other did not, as pieces of text that can stand in a file. */
import { diff } from 'node:util';

/** Lines that stand in the place of each other, between lines that are the same. */
export interface Difference {
  readonly direct: readonly string[];
  readonly through: readonly string[];
}

/** Differences of two outputs, in their order; none where they are the same. */
export function findDifferences(direct: string, through: string): readonly Difference[] {
  if (direct === through) return [];
  const differences: { direct: string[]; through: string[] }[] = [];
  let isWithin = false;
  for (const [operation, line] of diff(direct.split('\n'), through.split('\n'))) {
    if (operation === 0) {
      isWithin = false;
      continue;
    }
    if (!isWithin) differences.push({ direct: [], through: [] });
    isWithin = true;
    const last = differences.at(-1);
    // 1: only in the first text.
    (operation === 1 ? last?.direct : last?.through)?.push(line);
  }
  return differences;
}

/** A difference with the reason that it is given. */
export interface ExplainedDifference extends Difference {
  /** Id of a reason. */
  readonly reason: string;
}

/** Text form: `@@ reason`, the lines of the server with `-`, those of the gateway with `+`. */
export function writeDifferences(differences: readonly ExplainedDifference[]): string {
  return differences
    .flatMap(({ reason, direct, through }) => [
      `@@ ${reason}`,
      ...direct.map((line) => `-${line}`),
      ...through.map((line) => `+${line}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
