import { describe, expect, it } from 'vitest';
import { isScalar, parseDocument } from 'yaml';
import { offsetInScalar } from './scalar-offset.ts';

/** Finds where the marked word of a YAML scalar's value stands in its source. */
function found(yaml: string, word: string): string {
  const node = parseDocument(yaml).get('when', true);
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) {
    throw new Error('not a scalar');
  }
  const source = yaml.slice(node.range[0], node.range[1]);
  const at = offsetInScalar(source, node.value, node.value.indexOf(word));
  return source.slice(at, at + word.length);
}

describe('an offset in a scalar', () => {
  it.each([
    ['plain', 'when: sql.a == sql.bad'],
    ['single quotes', "when: 'sql.a == ''x'' && sql.bad'"],
    ['double quotes with escapes', 'when: "sql.a == \\"x\\" && sql.bad"'],
    ['a literal block', 'when: |\n  sql.a &&\n    sql.b &&\n  sql.bad\n'],
    ['a folded block', 'when: >-\n  sql.a &&\n  sql.bad\n'],
    ['a plain scalar over two lines', 'when: sql.a &&\n  sql.bad'],
  ])('is found in %s', (_, yaml) => {
    expect(found(yaml, 'bad')).toBe('bad');
  });
});
