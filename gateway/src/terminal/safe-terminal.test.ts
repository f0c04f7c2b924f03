import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SafeTerminal } from './safe-terminal.ts';

const shown = (...pieces: readonly string[]): string => {
  const filter = new SafeTerminal();
  return pieces.map((piece) => filter.take(piece)).join('');
};

/** What would do something to the terminal or the person before it; nothing of any may be left but the `x` around it. */
const DANGEROUS: readonly string[] = [
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]52;c;?\u001b\\',
  '\u001b]0;title\u0007',
  '\u001b]2;title\u001b\\',
  '\u001b]8;;http://evil.example\u001b\\',
  '\u001b]1337;File=inline=1:AAAA\u0007',
  '\u001b]777;notify;a;b\u0007',
  '\u001b]4;1;?\u0007',
  '\u001bP$q"p\u001b\\',
  '\u001bP+q544e\u001b\\',
  '\u001bP1000p\u001b\\',
  '\u001b_Gi=1;AAAA\u001b\\',
  '\u001b^private\u001b\\',
  '\u001bXstring\u001b\\',
  '\u001b[c',
  '\u001b[>c',
  '\u001b[=c',
  '\u001b[5n',
  '\u001b[6n',
  '\u001b[?6n',
  '\u001b[>q',
  '\u001b[21t',
  '\u001b[8;1000;1000t',
  '\u001b[?1000h',
  '\u001b[?1006h',
  '\u001b[?2004h',
  '\u001b[?1;1000h',
  '\u001b[5i',
  '\u001b[4i',
  '\u001b[?u',
  '\u001b[>1u',
  '\u001b[x',
  '\u001b[?$p',
  '\u001b[!p',
  '\u001b[20h',
  '\u001bZ',
  '\u001bc',
  '\u001b#8',
  '\u001b%G',
  '\u0005',
  '\u0007',
  '\u000e',
  '\u009d52;c;ZXZpbA==\u009c',
  '\u0090q\u009c',
  '\u009b6n',
  '\u202e',
  `\u001b[${'1'.repeat(100)}m`.slice(0, 70),
];

describe('recorded output before a person', () => {
  it('keeps text, colours, movements and the other screen', () => {
    const harmless =
      'größe\r\n\u001b[1;31mred\u001b[0m\u001b[38;2;1;2;3m\u001b[2J\u001b[10;20H\u001b[K\u001b[?25l\u001b[?1049h\u001b7\u001b8\u001b(0q\u001b(B\u001b[1;24r\u001b[3A\b\t';
    expect(shown(harmless)).toBe(harmless);
  });

  it('P10: drops what acts, asks or writes elsewhere', () => {
    for (const one of DANGEROUS) {
      const [first, ...rest] = shown(`x${one}`);
      expect([one, first, rest.join('')]).toEqual([one, 'x', '']);
    }
    expect(shown('\u001b[\u00075n\u001b]0;a\u001b[31mb\u0007c')).toBe('c');
    expect(shown('a\u001b\u001b[31mb')).toBe('a\u001b[31mb');
  });

  it('is the same however it is cut, and lets no other sequence through', () => {
    const piece = fc.constantFrom(
      'a',
      '\u001b',
      '[',
      ']',
      '5',
      ';',
      'm',
      'n',
      '?',
      'h',
      'P',
      '\\',
      '\u0007',
      '(',
      'B',
      '\u009b',
      '52',
      'c',
      '\r',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const whole = shown(pieces.join(''));
        expect(shown(...pieces)).toBe(whole);
        const left = whole.replace(
          /\u001b(?:\[[0-9;:]*[@A-HJKLMPSTXZdfmrsu`abe]|\[\?[0-9;]+[hl]|[78DEM]|[()][0AB])/g,
          '',
        );
        expect(left).not.toMatch(/[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f]/);
      }),
    );
  });
});
