import { parseSync } from 'oxc-parser';
import type { SourceFile } from '../layers/check-layers.ts';

/** Finds notes to self, and switched-off rules without a reason (`-- why`). */
export function commentProblems(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) =>
    parseSync(file.path, file.text).comments.flatMap(({ value }) => {
      if (/\b(TODO|FIXME|XXX|HACK)\b/.test(value)) return [`${file.path}: unfinished:${value.slice(0, 80)}`];
      if (/(oxlint|eslint|biome)-(disable|ignore)/.test(value) && !/ -- \S|: \S/.test(value)) {
        return [`${file.path}: a rule is switched off without a reason:${value.slice(0, 80)}`];
      }
      return [];
    }),
  );
}
