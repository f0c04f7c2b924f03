import { describe, expect, it } from 'vitest';
import { frameHeader } from './frames.ts';
import { SshPlayback } from './ssh-playback.ts';

const frame = (stream: 'stdout' | 'stderr', text: string): Buffer =>
  Buffer.concat([frameHeader(stream, Buffer.byteLength(text)), Buffer.from(text)]);

describe('playback of commands', () => {
  it('tells input, output and errors apart, however the bytes are cut', () => {
    const bytes = Buffer.concat([frame('stdout', 'größe'), frame('stderr', 'wär'), frame('stdout', '')]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const playback = new SshPlayback();
      const items = [];
      for (let at = 0; at < bytes.length; at += size) {
        items.push(...playback.take(bytes.subarray(at, at + size), 'response'));
      }
      const out = items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
      const err = items.flatMap((item) => (item.kind === 'report' ? [item.message] : []));
      expect([out.join(''), err.join('')]).toEqual(['größe', 'wär']);
    }
    expect(new SshPlayback().take(Buffer.from('in'), 'request')).toEqual([
      { kind: 'text', from: 'client', text: 'in' },
    ]);
  });

  it('says of bytes that are none that they cannot be read, once', () => {
    const playback = new SshPlayback();
    const noise = Buffer.alloc(64, 9);
    expect(playback.take(noise, 'response')).toEqual([
      { kind: 'unreadable', reason: 'output without a frame' },
    ]);
    expect(playback.take(noise, 'response')).toEqual([]);
  });
});
