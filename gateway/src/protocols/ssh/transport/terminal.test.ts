import { describe, expect, it } from 'vitest';
import { NO_ENVIRONMENT, withVariable } from './environment.ts';
import { Resizes } from './resizes.ts';
import { readTerminal, termName } from './terminal.ts';

describe('the terminal that a client asks for', () => {
  it('has sizes within bounds, modes that are known, and a name that is no path', () => {
    const told = {
      term: '../x',
      cols: 2 ** 32 - 1,
      rows: 24,
      width: -1,
      height: 'x',
      modes: { ECHO: 0, ODD: 1 },
    };
    expect(readTerminal(told)).toEqual({
      term: 'dumb',
      columns: 4096,
      rows: 24,
      widthPixels: 0,
      heightPixels: 0,
      modes: { ECHO: 0 },
    });
    expect(['xterm-256color', 'a/b', '', 'x\u001b', undefined].map(termName)).toEqual([
      'xterm-256color',
      'dumb',
      'dumb',
      'dumb',
      'dumb',
    ]);
  });
});

describe('variables that a client sends', () => {
  const sent = (...pairs: readonly (readonly [string, string])[]): ReturnType<typeof withVariable> =>
    pairs.reduce((so, [name, value]) => withVariable(so, name, value), NO_ENVIRONMENT);

  it('P2: pass where they say no more than a language, by a charset in which text reads as it was judged', () => {
    expect(sent(['LANG', 'de_DE.UTF-8'], ['LC_ALL', 'C'], ['TERM', 'xterm']).passed).toEqual({
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'C',
      TERM: 'xterm',
    });
    for (const value of ['zh_CN.GB18030', 'zh_TW', '/tmp/x', 'C.UTF-8/..', 'ja_JP.SJIS', '', 'C\n']) {
      expect(sent(['LC_ALL', value])).toEqual({ passed: {}, refused: ['LC_ALL'] });
    }
  });

  it('P10: are named on record up to a number, and never with their values', () => {
    const many = Array.from({ length: 1000 }, (_, index) => [`V${index}`, 'secret'] as const);
    const { passed, refused } = sent(...many, ['__proto__', 'x'], ['\u001b]0;x', 'y']);
    expect(passed).toEqual({});
    expect(refused).toHaveLength(16);
    expect(sent(['\u001b]0;x', 'y']).refused).toEqual(['?]0;x']);
  });
});

describe('changes of the size', () => {
  it('P10: of many in a moment the first and the last are told', async () => {
    const resizes = new Resizes();
    const told: number[] = [];
    const size = (rows: number): Parameters<Resizes['take']>[0] => ({
      rows,
      columns: 80,
      widthPixels: 0,
      heightPixels: 0,
    });
    const last = new Promise<void>((resolve) => {
      resizes.onSize = ({ rows }) => {
        told.push(rows);
        if (rows === 1000) resolve();
      };
    });
    // The timer does not keep a process alive, which here nothing else does.
    const alive = setInterval(() => undefined, 1000);
    for (let rows = 1; rows <= 1000; rows += 1) resizes.take(size(rows));
    await last;
    clearInterval(alive);
    expect(told).toEqual([1, 1000]);
    resizes.stop();
  });
});
