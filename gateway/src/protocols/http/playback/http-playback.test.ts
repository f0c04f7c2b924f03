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
});
