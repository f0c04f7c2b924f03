import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShownInput } from './shown-input.ts';

/** Plays what was typed (>) and shown (<), and gives what may be recorded. */
function play(...steps: readonly string[]): { readonly recorded: string; readonly leftOut: number } {
  const input = new ShownInput();
  const known = { recorded: '', leftOut: 0 };
  const take = ({ lines, leftOut }: ReturnType<ShownInput['end']>): void => {
    known.recorded += Buffer.concat(lines).toString();
    known.leftOut += leftOut;
  };
  for (const step of steps) {
    const bytes = Buffer.from(step.slice(1));
    if (step.startsWith('>')) input.typed(bytes);
    else take(input.shown(bytes));
  }
  take(input.end());
  return known;
}

describe('input of a terminal', () => {
  it('is recorded where it is shown: at once, key by key, by an editor with colours, late', () => {
    expect(play('>ls -l\r', '<ls -l\r\n')).toEqual({ recorded: 'ls -l\r', leftOut: 0 });
    expect(play('>l', '<l', '>s', '<s', '>\r', '<\r\n')).toEqual({ recorded: 'ls\r', leftOut: 0 });
    expect(play('>ls\r', '<$ \u001b[32ml\u001b[0ms\u001b[K\r\n')).toEqual({ recorded: 'ls\r', leftOut: 0 });
    expect(play('>\u001b[Als\r', '<ls\r\n').recorded).toBe('ls\r');
    expect(play('>a\rb\r', '<out\r\n$ a\r\n', '<$ b\r\n').recorded).toBe('a\rb\r');
  });

  it('P5: is left out where it is not shown, or only as stars', () => {
    expect(play('>sudo x\r', '<sudo x\r\nPassword: ', '>hunter2\r', '<\r\nroot\r\n')).toEqual({
      recorded: 'sudo x\r',
      leftOut: 1,
    });
    expect(play('>hunter2\r', '<*******\r\n').leftOut).toBe(1);
    // Of some of it shown, nothing is recorded.
    expect(play('>hunter2\r', '<hunter\r\n')).toEqual({ recorded: '', leftOut: 1 });
  });

  it('P5: what is on record as input is in the output, however both are cut', () => {
    const step = fc.oneof(
      fc.stringMatching(/^[ab\r\u001b[m]{0,6}$/).map((text) => `>${text}`),
      fc.stringMatching(/^[ab\r]{0,6}$/).map((text) => `<${text}`),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const shown = steps
          .map((one) => (one.startsWith('<') ? one.slice(1) : ''))
          .join('')
          .replaceAll('\r', '');
        for (const line of play(...steps).recorded.split('\r')) expect(shown).toContain(line);
      }),
    );
  });

  it('P10: keeps little of what is typed without end', () => {
    const input = new ShownInput();
    const block = Buffer.alloc(64 * 1024, 'x');
    for (let index = 0; index < 200; index += 1) input.typed(block);
    for (let index = 0; index < 200; index += 1) input.typed(Buffer.from('y\r'.repeat(100)));
    expect(input.shown(Buffer.from('z')).leftOut).toBeGreaterThan(0);
    expect(input.end().lines).toEqual([]);
  });
});
