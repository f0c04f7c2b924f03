/** What holds of any text, and of any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseShell, type ShellAnalysis } from '../../src/shell/analyse-shell.ts';
import { shellSoup, shellText, wrappedText } from '../support/shell-texts.ts';

const WHERE = { home: '/home/agent', folder: '/home/agent' };
const RUNS = Number(process.env['SALLYPORT_SHELL_RUNS'] ?? 300);

/** Facts without places in the text. */
function shapeOf({ commands }: ShellAnalysis): object[] {
  return commands.map((command) => ({ ...command, at: 0 }));
}

describe('facts of a text', () => {
  it('P2: what is sent has the facts of what was judged, and is sent as it is', () => {
    const text = fc.oneof(wrappedText, shellText, shellSoup);
    fc.assert(
      fc.property(text, (original) => {
        const first = analyseShell(original, WHERE);
        if (first.canonical === undefined) return;
        const second = analyseShell(first.canonical, WHERE);
        expect(second.canonical).toBe(first.canonical);
        expect(shapeOf(second)).toEqual(shapeOf(first));
      }),
      { numRuns: RUNS },
    );
  });

  it('P10: any bytes give facts, or a refusal with its place', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
      fc
        .string({ unit: fc.constantFrom(...'ab$(){}[]<>|&;"\'\\`#!*?~=\n \t^-@:/%+,'), maxLength: 60 })
        .map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        const { facts, canonical } = analyseShell(text, WHERE);
        expect(facts.statements.length).toBeGreaterThan(0);
        for (const { atoms, opaque } of facts.statements) {
          expect(atoms.length).toBeGreaterThan(0);
          for (const reason of opaque) expect(reason).toMatch(/at character \d+/);
        }
        const isRefused = facts.statements.some(({ opaque }) => opaque.length > 0);
        expect(canonical === undefined).toBe(isRefused);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('P3: a command in front or behind never takes away what was seen', () => {
    fc.assert(
      fc.property(shellText, (text) => {
        const alone = analyseShell(text, WHERE);
        const both = analyseShell(`c9 x\n${text}\nc8 y`, WHERE);
        if (alone.canonical === undefined || both.canonical === undefined) return;
        const names = (analysis: ShellAnalysis): string[] => analysis.commands.map(({ name }) => name);
        expect(names(both)).toEqual(['c9', ...names(alone), 'c8']);
      }),
      { numRuns: RUNS },
    );
  });
});
