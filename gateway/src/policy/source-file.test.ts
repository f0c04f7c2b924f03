import { describe, expect, it } from 'vitest';
import { SourceFile } from './source-file.ts';

function errorsOf(text: string): readonly string[] {
  return new SourceFile({ path: 'p.yaml', text }).errors.map(({ message }) => message);
}

describe('a policy file', () => {
  it('P10: is refused when it is larger than 1 MiB', () => {
    expect(errorsOf(`# ${'é'.repeat(600_000)}`)).toEqual(['file is larger than 1 MiB']);
  });

  it('P10: is refused when its aliases multiply', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inner = level === 0 ? '"lol"' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(inner).join(', ')}]`;
    });
    expect(errorsOf(levels.join('\n'))).toHaveLength(1);
  });

  it('P10: is refused when it nests too deeply, without failing itself', () => {
    expect(errorsOf('['.repeat(100_000)).length).toBeGreaterThan(0);
    expect(errorsOf(`${'['.repeat(20_000)}${']'.repeat(20_000)}`).length).toBeGreaterThan(0);
  });

  it.each([
    ['a: 1\na: 2'],
    ['a: 1\n---\nb: 2'],
    ['a: !!js/function "x"'],
    ['a: "x'],
    ['a: *nowhere'],
    ['\ta: 1'],
  ])('is refused: %j', (text) => {
    expect(errorsOf(text).length).toBeGreaterThan(0);
  });

  it('gives the line, the column and a frame for a value, a key and a part of a string', () => {
    const file = new SourceFile({ path: 'p.yaml', text: 'a:\n  - b: one\n    when: "x == yy"\n' });
    expect(file.at('ERR_POLICY_VALUE', 'm', ['a', 0, 'b'])).toMatchObject({ line: 2, column: 8 });
    expect(file.atKey('ERR_POLICY_VALUE', 'm', ['a', 0], 'when')).toMatchObject({ line: 3, column: 5 });
    const inside = file.inString('m', ['a', 0, 'when'], 5, 7);
    expect(inside).toMatchObject({ line: 3, column: 17 });
    expect(inside.frame).toBe(
      '  2 |   - b: one\n> 3 |     when: "x == yy"\n    |                 ^^\n  4 |\n',
    );
  });

  it('points at the nearest parent of a value that is not there', () => {
    const file = new SourceFile({ path: 'p.yaml', text: 'x: 1\na:\n  b: 2\n' });
    expect(file.at('ERR_POLICY_VALUE', 'm', ['a', 'missing', 3])).toMatchObject({ line: 3 });
  });

  it('does not let control characters of the file reach the terminal', () => {
    const file = new SourceFile({ path: 'p.yaml', text: 'a: "\u009b2J\u202e"\n' });
    expect(file.at('ERR_POLICY_VALUE', 'm', ['a']).frame).not.toMatch(/[\u009b\u202e]/);
  });

  it('does not take `__proto__` for anything but an unknown key', () => {
    const file = new SourceFile({ path: 'p.yaml', text: '__proto__: { polluted: true }\n' });
    expect(Object.keys(file.value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
