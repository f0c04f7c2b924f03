import { describe, expect, it } from 'vitest';
import { ValuePath } from './value-path.ts';

function accepts(path: string, ...steps: readonly (string | number)[]): boolean {
  const compiled = new ValuePath(path);
  let states = compiled.start;
  for (const step of steps) {
    states = typeof step === 'number' ? compiled.intoElement(states, step) : compiled.intoName(states, step);
  }
  return compiled.accepts(states);
}

describe('a path into a document', () => {
  it.each([
    ['a.b', ['a', 'b'], true],
    ['a.b', ['a'], false],
    ['a.b', ['a', 'b', 'c'], false],
    ['a.b', [0, 'A', 1, 'B'], true],
    ['a[1].b', ['a', 1, 'b'], true],
    ['a[1].b', ['a', 0, 'b'], false],
    ['a[*]', ['a', 7], true],
    ['a[*]', ['a'], false],
    ['a[*][0]', ['a', 7, 0], true],
    ['**.x', ['x'], true],
    ['**.x', ['a', 0, 'b', 'x'], true],
    ['a.**.x', ['a', 'b', 'c', 'x'], true],
    ['a.**.x', ['b', 'x'], false],
    ['*.x', ['q', 'x'], true],
    ['*.x', ['x'], false],
    ['"a.b"', ['a.b'], true],
    ['"say ""x"""', ['say "x"'], true],
    ['$.a', ['a'], true],
    ['c.@id', ['c', '@id'], true],
  ] as const)('%s and %j: %s', (path, steps, expected) => {
    expect(accepts(path, ...steps)).toBe(expected);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '[',
    'a[x]',
    'a[',
    '"a',
    'a"b"',
    '**',
    'a.**',
    'a*b',
    '$',
    'a]',
    'a.'.repeat(30) + 'a',
  ])('P3: %j is refused', (path) => {
    expect(() => new ValuePath(path)).toThrow(/cannot read the path/);
  });
});
