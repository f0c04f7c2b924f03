import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandLines } from '../../../shell/command-lines.ts';
import { lineText, type Marks, readLineEnd } from './control-text.ts';
import { LineEditor } from './line-editor.ts';
import { readLocalLine } from './local-lines.ts';
import { MarkedOutput } from './marked-output.ts';
import { PlainLines } from './plain-lines.ts';
import { promptText } from './prompt.ts';

const MARKS: Marks = { begin: '\u001ebegin', end: '\u001eend', close: '\u001eclose' };

describe('marked output', () => {
  it('is the same however it is cut, with what looks like a mark in it', () => {
    const piece = fc.constantFrom(
      'a',
      '\u001e',
      '\u001eb',
      '\u001eend'.slice(0, 3),
      'begin',
      '\n',
      'x'.repeat(50),
    );
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        text,
        text,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (late, output, sizes) => {
          fc.pre(!/\u001e(?:begin|end)/.test(`${late}${output}`) && !late.endsWith('\u001e'));
          const bytes = Buffer.from(`${late}${MARKS.begin}${output}${MARKS.end}3:/tmp\nx${MARKS.close}`);
          const marked = new MarkedOutput(MARKS, true);
          const found: Buffer[] = [];
          let isOver = false;
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            const taken = marked.take(bytes.subarray(at, at + size));
            found.push(taken.output);
            isOver = taken.isOver;
            at += size;
          }
          expect([isOver, Buffer.concat(found).toString(), marked.told, marked.lateBytes]).toEqual([
            true,
            output,
            '3:/tmp\nx',
            Buffer.byteLength(late),
          ]);
        },
      ),
    );
  });

  it('P10: keeps no more than a mark of output, and a little of what is told', () => {
    const marked = new MarkedOutput(MARKS, true);
    expect(marked.take(Buffer.from(`${MARKS.begin}abc\u001ee`)).output.toString()).toBe('abc');
    expect(marked.take(Buffer.from('x')).output.toString()).toBe('\u001eex');
    expect(marked.take(Buffer.from(`${MARKS.end}${'y'.repeat(20_000)}`)).isOver).toBe(true);
    expect(marked.told).toBeUndefined();
  });
});

describe('the text of a line', () => {
  it('has no mark in it as a whole, and gives back the exit status of the line before', () => {
    const text = lineText("{ 'true'; } </dev/null", 3, MARKS);
    for (const mark of Object.values(MARKS)) expect(text).not.toContain(mark);
    expect(text).toContain("( 'exit' '3' ) || { 'true'; } </dev/null\n");
  });

  it('P3: what a shell tells of a folder is known only where rules can read it', () => {
    expect(readLineEnd('0:/srv/a b\nx')).toEqual({ status: 0, folder: '/srv/a b' });
    for (const odd of ['/srv/*', '/srv/a\nb', 'srv', '/srv/../x', '', '/srv/\u001b[0m', '/a\\b']) {
      expect(readLineEnd(`1:${odd}\nx`)).toEqual({ status: 1, folder: undefined });
    }
    for (const wrong of ['', 'x', '0', '0:', ':/\nx', '0000:/\nx'])
      expect(readLineEnd(wrong)).toBeUndefined();
  });
});

describe('lines', () => {
  it('are whole when a shell would begin', () => {
    const lines = new CommandLines();
    const take = (...texts: readonly string[]): unknown =>
      texts
        .map((text) => lines.take(text))
        .map((taken) => (taken !== undefined && 'command' in taken ? taken.command : taken))
        .at(-1);
    expect(take('echo a')).toBe('echo a');
    expect(take('', '# x')).toBeUndefined();
    expect(take('if true', 'then', 'echo', 'fi')).toBe('if true\nthen\necho\nfi');
    expect(take("cat <<'A' <<B", 'x', 'A', '$y', 'B')).toBe("cat <<'A' <<B\nx\nA\n$y\nB");
    expect(take('echo "a', 'b"')).toBe('echo "a\nb"');
    expect(take('echo \\', 'b')).toBe('echo \\\nb');
    expect(take('echo )')).toBe('echo )');
    expect(take('too-long')).toBe('too-long');
    expect(take('echo "a')).toBeUndefined();
    expect(lines.rest()).toBe('echo "a');
  });

  it('P10: have a bound together', () => {
    const lines = new CommandLines();
    lines.take("cat <<'E'");
    const taken = Array.from({ length: 2000 }, () => lines.take('x'.repeat(100)));
    expect(taken).toContainEqual({ isTooLong: true });
  });

  it('from a pipe are cut at their ends, and the long ones are told', () => {
    const lines = new PlainLines(10);
    lines.type(`a\n${'b'.repeat(11)}`);
    expect(lines.next().typed).toEqual({ kind: 'line', text: 'a', isTooLong: false });
    expect(lines.next().typed).toEqual({ kind: 'more' });
    lines.type('\nlast');
    expect(lines.next().typed).toMatchObject({ kind: 'line', isTooLong: true });
    lines.end();
    expect(lines.next().typed).toMatchObject({ kind: 'line', text: 'last', isTooLong: false });
    expect(lines.next().typed).toEqual({ kind: 'end' });
  });
});

describe('the editor', () => {
  const typed = (...pieces: readonly string[]): readonly string[] => {
    const editor = new LineEditor(80, 1000);
    const lines: string[] = [];
    for (const piece of pieces) {
      editor.type(piece);
      for (let next = editor.next(); next.typed.kind !== 'more'; next = editor.next()) {
        if (next.typed.kind === 'line') lines.push(next.typed.text);
        editor.begin('$ ');
      }
    }
    return lines;
  };

  it('takes keys, however they are cut', () => {
    const keys = 'ab\u007fc\u001b[D\u001b[Dx\u001b[H>\u001b[F<\r\u0010\r\u001bOA\u0015y\r';
    const whole = typed(keys);
    expect(whole).toEqual(['>xac<', '>xac<', 'y']);
    expect(typed(...keys)).toEqual(whole);
  });

  it('P2: what is in a line is what it shows: no control character, no sequence', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 20 }), (pieces) => {
        for (const line of typed(...pieces, '\r'))
          expect(line).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('P10: takes no more than a line holds', () => {
    const editor = new LineEditor(80, 100);
    editor.type(`${'x'.repeat(100_000)}\r`);
    expect(editor.next().typed).toEqual({ kind: 'line', text: 'x'.repeat(100), isTooLong: true });
  });

  it('P10: draws a line once for all that is typed within it', () => {
    const editor = new LineEditor(80, 10_000);
    editor.begin('$ ');
    editor.type(`${'a'.repeat(4000)}\u0001${'b'.repeat(4000)}`);
    const { shown } = editor.next();
    expect(shown.length).toBeLessThan(13_000);
    expect(shown).toContain(`\u001b[J$ ${'b'.repeat(4000)}${'a'.repeat(4000)}`);
    editor.type('\r');
    expect(editor.next().typed).toMatchObject({ kind: 'line', text: 'b'.repeat(4000) + 'a'.repeat(4000) });
  });
});

describe('the prompt', () => {
  const scene = { account: 'deploy', resource: 'box', folder: '/home/d/src', home: '/home/d' };

  it('is text, whatever a client makes of it', () => {
    expect(promptText('\\u@\\h:\\w\\$ ', scene)).toBe('deploy@box:~/src$ ');
    expect(promptText('\\[\\e[32m\\]\\W\\[\\033[0m\\]# \u001b]0;x\u0007', scene)).toBe('src# ]0;x');
    expect(promptText('$(touch x)`id`', scene)).toBe('$(touch x)`id`');
    expect(promptText('x'.repeat(10_000), scene).length).toBe(256);
  });

  it('is set by lines that are nothing else', () => {
    expect(readLocalLine("PS1='a '")).toEqual({ prompts: { first: 'a ' } });
    expect(readLocalLine("export PS1='a' PS2='b'")).toEqual({ prompts: { first: 'a', second: 'b' } });
    expect(readLocalLine('stty -echo cols 100')).toEqual({ isEchoing: false, columns: 100 });
    expect(readLocalLine('unset PROMPT_COMMAND')).toEqual({});
    for (const other of [
      'PS1=$(id)',
      'PS1=a id',
      'PS1=a; id',
      'PATH=x',
      'PS1=a PATH=x',
      'stty sane;id',
      'stty -F /dev/x',
      'stty',
      'export',
      'PS1=a > x',
      'PROMPT_COMMAND=id',
    ]) {
      expect([other, readLocalLine(other)]).toEqual([other, undefined]);
    }
  });
});
