import { describe, expect, it } from 'vitest';
import { frameHeader } from '../protocols/ssh/playback/frames.ts';
import { SshPlayback } from '../protocols/ssh/playback/ssh-playback.ts';
import type { ReplayEntry } from '../recording/replay.ts';
import { Asciicast, withoutTerminal } from './asciicast.ts';

const session: ReplayEntry = {
  type: 'session',
  ms: 0,
  exchange: 0,
  head: {
    protocol: 'ssh',
    session: 'ses_1',
    resource: 'box',
    account: 'deploy',
    openedAt: '2026-01-02T03:04:05.000Z',
  },
};

function output(exchange: number, ms: number, text: string): ReplayEntry {
  const bytes = Buffer.concat([frameHeader('stdout', Buffer.byteLength(text)), Buffer.from(text)]);
  return { type: 'data', ms, exchange, kind: 'response', bytes };
}

const STORY: readonly ReplayEntry[] = [
  session,
  { type: 'note', ms: 10, exchange: 0, head: { name: 'guarded-shell', details: { columns: 100, rows: 30 } } },
  {
    type: 'begin',
    ms: 100,
    exchange: 1,
    head: { effect: 'permit', rules: ['r'], request: { text: 'ls\npwd', shell: 'guarded' } },
  },
  output(1, 200, 'a\nb\u001b]52;c;AAAA\u0007\n'),
  { type: 'end', ms: 300, exchange: 1, head: { status: 'ok', result: { exit: 0 } } },
  { type: 'note', ms: 350, exchange: 0, head: { name: 'resize', details: { columns: 90, rows: 20 } } },
  {
    type: 'begin',
    ms: 400,
    exchange: 2,
    head: { effect: 'deny', rules: [], request: { text: 'rm x\u001b[6n' } },
  },
  {
    type: 'end',
    ms: 400,
    exchange: 2,
    head: { status: 'refused', result: { message: 'POLICY_DENIED [d] rm' } },
  },
  {
    type: 'begin',
    ms: 500,
    exchange: 3,
    head: {
      effect: 'permit',
      rules: ['t'],
      request: { shell: 'recorded', terminal: { columns: 80, rows: 24 } },
    },
  },
  output(3, 600, '\u001b[31mraw\u001b[0m\n'),
  { type: 'end', ms: 700, exchange: 3, head: { status: 'ok', result: { exit: 4 } } },
  { type: 'close', ms: 800, exchange: 0, head: { reason: 'client-closed' } },
];

function written(version: 2 | 3, isRaw = false): readonly unknown[] {
  const cast = new Asciicast(version, isRaw);
  const playbacks = new Map<number, SshPlayback>();
  return STORY.map((entry) => {
    if (entry.type !== 'data') return cast.take(entry, []);
    const playback = playbacks.get(entry.exchange) ?? new SshPlayback();
    playbacks.set(entry.exchange, playback);
    return cast.take(entry, playback.take(entry.bytes, entry.kind));
  })
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('asciicast', () => {
  it('version 3 has intervals, sizes, decisions as marks, and the exit', () => {
    expect(written(3)).toEqual([
      { version: 3, term: { cols: 80, rows: 24 }, timestamp: 1767323045, title: 'deploy@box, session ses_1' },
      [0.01, 'r', '100x30'],
      [0.09, 'o', '$ ls\r\n> pwd\r\n'],
      [0, 'm', 'permit by r: ls pwd'],
      [0.1, 'o', 'a\r\nb\r\n'],
      [0.1, 'm', 'ok exit 0'],
      [0.05, 'r', '90x20'],
      [0.05, 'o', '$ rm x\r\n'],
      [0, 'm', 'deny: rm x [6n'],
      [0, 'o', 'POLICY_DENIED [d] rm\r\n'],
      [0.1, 'r', '80x24'],
      [0, 'm', 'permit by t: '],
      [0.1, 'o', '\u001b[31mraw\u001b[0m\n'],
      [0.1, 'm', 'ok exit 4'],
      [0.1, 'x', '4'],
    ]);
  });

  it('version 2 has times since the beginning, and no exit', () => {
    const lines = written(2);
    expect(lines[0]).toEqual({
      version: 2,
      width: 80,
      height: 24,
      timestamp: 1767323045,
      title: 'deploy@box, session ses_1',
    });
    expect(lines.slice(1).map((line) => (line as [number, string])[0])).toEqual([
      0.01, 0.1, 0.1, 0.2, 0.3, 0.35, 0.4, 0.4, 0.4, 0.5, 0.5, 0.6, 0.7,
    ]);
    expect(JSON.stringify(lines)).not.toContain('"x"');
  });

  it('keeps what is dangerous only where that is asked for', () => {
    expect(JSON.stringify(written(3))).not.toContain(']52;');
    expect(JSON.stringify(written(3, true))).toContain(']52;');
  });

  it('says of a silent session that it is followed, without a change of its times', () => {
    const cast = new Asciicast(3, false);
    const resize = (ms: number): string =>
      cast.take(
        { type: 'note', ms, exchange: 0, head: { name: 'resize', details: { columns: 9, rows: 9 } } },
        [],
      );
    resize(1000);
    expect(cast.take({ type: 'alive', ms: 0, exchange: 0 }, undefined)).toBe('[0,"o",""]\n');
    expect(resize(1500)).toBe('[0.5,"r","9x9"]\n');
  });

  it('is for sessions of SSH', () => {
    expect(withoutTerminal({ protocol: 'ssh' })).toBeUndefined();
    expect(withoutTerminal({ protocol: 'postgres' })).toContain('sessions of SSH');
    expect(withoutTerminal({})).toContain('unknown');
  });

  it('P10: no terminal is larger than a player can draw, whatever the client said', () => {
    const cast = new Asciicast(3, false);
    const details = { columns: 4_000_000_000, rows: 1 };
    const note: ReplayEntry = { type: 'note', ms: 1, exchange: 0, head: { name: 'resize', details } };
    expect(cast.take(note, [])).toContain('"1000x1"');
  });
});
