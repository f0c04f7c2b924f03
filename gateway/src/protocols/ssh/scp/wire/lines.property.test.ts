import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScpWireError } from './errors.ts';
import { readLine, writeEntry, writeError, writeTimes } from './lines.ts';

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => !/[/\0\n\r]/.test(text) && text !== '.' && text !== '..');

const lineOf = (bytes: Buffer): Buffer => bytes.subarray(0, -1);

describe('lines of scp', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(name, fc.nat(0o7777), fc.maxSafeNat(), (text, mode, size) => {
        const file = lineOf(writeEntry('C', mode, size, text));
        expect(readLine(file)).toEqual({ kind: 'file', mode, size, name: text });
        const folder = lineOf(writeEntry('D', mode, 0, text));
        expect(readLine(folder)).toEqual({ kind: 'folder', mode, name: text });
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (modified) => {
        const line = lineOf(writeTimes(modified, 1));
        expect(readLine(line)).toEqual({ kind: 'times', modified, accessed: 1 });
      }),
    );
    expect(readLine(Buffer.from('E'))).toEqual({ kind: 'end' });
  });

  it('P10: of random bytes are lines or a wire error', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.constantFrom('C', 'D', 'T', 'E', 'C0644 ', 'D0755 0 '), fc.uint8Array({ maxLength: 40 }))
        .map(([head, rest]) => Buffer.concat([Buffer.from(head), rest])),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          const line = readLine(Buffer.from(given));
          if (line.kind === 'file' || line.kind === 'folder')
            expect(line.name).not.toMatch(/[/\0\n]|^\.\.?$/);
        } catch (error) {
          expect(error).toBeInstanceOf(ScpWireError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    'C0644 1 ../x',
    'C0644 1 a/b',
    'C0644 1 /etc/passwd',
    'C0644 1 .',
    'C0644 1 ..',
    'C0644 1 ',
    'C0644 1 a\0b',
    'C0644 1 a\rb',
    'D0755 0 ..',
    'D0755 0 ../..',
    'C644 1 a',
    'C0944 1 a',
    'C0644 -1 a',
    'C0644 99999999999999999 a',
    'C0644 1',
    'T99999999999 0 1 0',
    'T1 0 1',
    'X',
    '',
    `C0644 1 ${'a'.repeat(256)}`,
  ])('P3: %j is none', (text) => {
    expect(() => readLine(Buffer.from(text))).toThrow(ScpWireError);
  });

  it('a name that cannot stand in a line is not written, and words of errors are one line', () => {
    for (const odd of ['a\nb', 'a/b', '..', '']) {
      expect(() => writeEntry('C', 0o644, 1, odd)).toThrow(ScpWireError);
    }
    expect(writeError('a\nb\u0001c').toString()).toBe('\u0001a b c\n');
    expect(readLine(Buffer.from('\u0002gone\u001b[2J'))).toEqual({
      kind: 'error',
      text: 'gone [2J',
      isFatal: true,
    });
  });
});
