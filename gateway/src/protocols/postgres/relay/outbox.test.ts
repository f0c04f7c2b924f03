import { describe, expect, it } from 'vitest';
import { type ByteSink, Outbox } from './outbox.ts';

function sink(): ByteSink & { readonly writes: Buffer[]; corked: number } {
  const writes: Buffer[] = [];
  return {
    writes,
    corked: 0,
    writableLength: 0,
    write(bytes) {
      writes.push(Buffer.from(bytes));
      return true;
    },
    cork() {
      this.corked += 1;
    },
    uncork() {
      this.corked -= 1;
    },
  };
}

describe('Outbox', () => {
  it('sends neighbouring slices of one chunk as one write', () => {
    const chunk = Buffer.from('abcdef');
    const out = new Outbox();
    const to = sink();
    out.add(chunk, 0, 2);
    out.add(chunk, 2, 4);
    out.add(chunk, 4, 6);
    out.flush(to);
    expect(to.writes.map(String)).toEqual(['abcdef']);
  });

  it('keeps the order where something is put in between, and leaves nothing corked', () => {
    const chunk = Buffer.from('abcdef');
    const out = new Outbox();
    const to = sink();
    out.add(chunk, 0, 2);
    out.add(Buffer.from('XY'));
    out.add(chunk, 4, 6);
    out.flush(to);
    expect(to.writes.map(String)).toEqual(['ab', 'XY', 'ef']);
    expect(to.corked).toBe(0);
    out.flush(to);
    expect(to.writes).toHaveLength(3);
  });
});
