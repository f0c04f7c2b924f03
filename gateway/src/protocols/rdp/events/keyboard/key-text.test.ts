import { describe, expect, it } from 'vitest';
import { KeyFlag } from '../desktop-event.ts';
import { KeyText } from './key-text.ts';

const US = 0x0409;
const German = 0x0407;
const UK = 0x0809;
const French = 0x040c;
const Spanish = 0x0c0a;

/** Presses keys one after the other; a list is held down together. */
function typed(layout: number, ...keys: readonly (number | readonly number[])[]): readonly string[] {
  const text = new KeyText();
  const shown: string[] = [];
  const send = (code: number, released: boolean): void => {
    const flags = (code > 0xff ? KeyFlag.extended : 0) | (released ? KeyFlag.released : 0);
    const key = text.take({ kind: 'key', scancode: code & 0xff, flags }, layout);
    if (key !== undefined) shown.push(key.isWriting ? key.text : `[${key.text}]`);
  };
  for (const key of keys) {
    const held = typeof key === 'number' ? [key] : key;
    for (const code of held) send(code, false);
    for (const code of [...held].reverse()) send(code, true);
  }
  return shown;
}

describe('keys as text', () => {
  it('writes by the layout that the client named; one that is unknown is read as US English', () => {
    expect(typed(US, 0x1e, [0x2a, 0x1e], [0x36, 0x03], 0x39, 0x35).join('')).toBe('aA@ /');
    expect(
      typed(German, 0x15, 0x2c, [0x138, 0x10], [0x138, 0x56], [0x1d, 0x38, 0x12], [0x2a, 0x0c]).join(''),
    ).toBe('zy@|€?');
    expect(typed(UK, [0x2a, 0x04], 0x2b, [0x138, 0x05]).join('')).toBe('£#€');
    expect(typed(French, 0x10, 0x03, [0x2a, 0x03], [0x138, 0x0b], 0x32).join('')).toBe('aé2@,');
    expect(typed(Spanish, 0x27, [0x2a, 0x27], [0x138, 0x03], 0x2b).join('')).toBe('ñÑ@ç');
    expect(typed(0x0411, 0x1e).join('')).toBe('a');
  });

  it('P5: writes what xrdp writes for keys that are called extended and are none', () => {
    expect(typed(US, 0x11e, [0x2a, 0x130], [0x12a, 0x09], 0x103, 0x135, 0x139).join('')).toBe('aB*2/ ');
    expect(typed(US, 0x148, 0x11c, 0x153)).toEqual(['[Up]', '[Enter]', '[Delete]']);
  });

  it('names what writes nothing, with what is held down', () => {
    expect(
      typed(
        US,
        0x1c,
        0x0e,
        0x3b,
        0x148,
        0x153,
        [0x1d, 0x2e],
        [0x1d, 0x38, 0x153],
        [0x2a, 0x0f],
        [0x15b, 0x13],
      ),
    ).toEqual([
      '[Enter]',
      '[Backspace]',
      '[F1]',
      '[Up]',
      '[Delete]',
      '[Ctrl+C]',
      '[Ctrl+Alt+Delete]',
      '[Shift+Tab]',
      '[Win+R]',
    ]);
  });

  it('knows CapsLock, the number pad, and text that comes as text', () => {
    expect(typed(US, 0x3a, 0x1e, [0x2a, 0x1e], 0x02)).toEqual(['[CapsLock]', 'A', 'a', '1']);
    expect(typed(US, 0x47, 0x4e, 0x52, 0x53, 0x37, 0x135).join('')).toBe('7+0.*/');
    const text = new KeyText();
    const units = [0xd83d, 0xde00, 0x61].map(
      (unit) => text.take({ kind: 'unicode', unit, flags: 0 }, US)?.text,
    );
    expect(units).toEqual([undefined, '😀', 'a']);
    expect(text.take({ kind: 'unicode', unit: 0x61, flags: 1 }, US)).toBeUndefined();
  });
});
