import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpPlayback } from './http-playback.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n';

describe('playback', () => {
  it('shows heads and text in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 8 }), (cuts) => {
        const bytes = Buffer.from(`${HEAD}{"name":"Zoë"}`);
        const playback = new HttpPlayback();
        const places = [0, ...[...cuts].map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const text = places
          .slice(1)
          .flatMap((end, index) => playback.take(bytes.subarray(places[index], end), 'response'))
          .map((item) => (item.kind === 'text' ? item.text : ''))
          .join('');
        expect(text).toBe('HTTP/1.1 200 OK\ncontent-type: application/json{"name":"Zoë"}');
      }),
    );
  });

  it('P10: names what is no text, cuts what is long, and ends with a head without end', () => {
    const binary = new HttpPlayback().take(
      Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\nabc'),
      'response',
    );
    expect(binary.at(-1)).toEqual({ kind: 'other', name: '3 bytes of a body that is no text' });
    const coded = new HttpPlayback().take(
      Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\n\r\nabc'),
      'response',
    );
    expect(coded.at(-1)).toMatchObject({ kind: 'other' });
    const long = new HttpPlayback({ valueCharacters: 5 }).take(
      Buffer.from(`${HEAD}${'x'.repeat(50)}`),
      'response',
    );
    expect(long.at(-1)).toMatchObject({ text: 'xxxxx…' });
    expect(new HttpPlayback().take(Buffer.alloc(200_000, 'x'), 'request')).toMatchObject([
      { kind: 'unreadable' },
    ]);
  });

  it('shows the messages of a WebSocket behind its handshake, in whatever pieces they come', () => {
    const frames = Buffer.concat([
      Buffer.from('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'),
      Buffer.from([0x01, 2, 0x7a, 0xc3, 0x80, 1, 0xb6]),
      Buffer.from([0x82, 3, 0, 1, 2]),
      Buffer.from([0x88, 4, 0x03, 0xe8, 0x6f, 0x6b]),
    ]);
    for (const size of [1, 3, frames.length]) {
      const playback = new HttpPlayback();
      const items = [];
      for (let at = 0; at < frames.length; at += size) {
        items.push(...playback.take(Buffer.from(frames.subarray(at, at + size)), 'response'));
      }
      const text = items
        .map((item) => (item.kind === 'text' ? item.text : `[${JSON.stringify(item)}]`))
        .join('');
      expect(text).toBe(
        'HTTP/1.1 101 Switching Protocols\nupgrade: websocketzö[{"kind":"other","name":"a binary message of 3 bytes"}][{"kind":"done","text":"close 1000: ok"}]',
      );
    }
  });

  it('shows a message that has an exchange of its own, and P10: what is none', () => {
    expect(new HttpPlayback().take(Buffer.from([0x81, 2, 0x68, 0x69]), 'request')).toEqual([
      { kind: 'text', from: 'client', text: 'hi' },
    ]);
    const broken = new HttpPlayback();
    expect(broken.take(Buffer.from([0xff, 0xff, 0xff]), 'request')).toMatchObject([{ kind: 'unreadable' }]);
    expect(broken.take(Buffer.from([0x81, 0]), 'request')).toEqual([]);
  });
});
