import { describe, expect, it } from 'vitest';
import { Outbox } from './outbox.ts';
import { UnfinishedMessage } from './unfinished-message.ts';

function collect(outbox: Outbox): Buffer {
  const pieces: Buffer[] = [];
  outbox.flush({
    write: (bytes) => pieces.push(bytes) > 0,
    cork: () => undefined,
    uncork: () => undefined,
    writableLength: 0,
  });
  return Buffer.concat(pieces);
}

describe('UnfinishedMessage', () => {
  it('holds parts, however many, until the message is whole', () => {
    const outbox = new Outbox();
    const message = new UnfinishedMessage(outbox);
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 256));
    message.begin();
    for (let at = 0; at < bytes.length; at += 1) message.add(bytes, at, at + 1);
    expect(message).toMatchObject({ isOpen: true, isPartlySent: false });
    expect(collect(outbox)).toHaveLength(0);
    message.end();
    expect(collect(outbox).equals(bytes)).toBe(true);
    expect(message.isOpen).toBe(false);
  });

  it('P10: hands a message on in parts once it is longer than a megabyte, in order', () => {
    const outbox = new Outbox();
    const message = new UnfinishedMessage(outbox);
    const parts = Array.from({ length: 30 }, (_, index) => Buffer.alloc(50_000, index));
    message.begin();
    const got: Buffer[] = [];
    for (const part of parts) {
      message.add(part, 0, part.length);
      got.push(collect(outbox));
    }
    expect(message.isPartlySent).toBe(true);
    expect(got.findIndex((bytes) => bytes.length > 0)).toBe(20);
    message.end();
    got.push(collect(outbox));
    expect(Buffer.concat(got).equals(Buffer.concat(parts))).toBe(true);
    expect(message.isPartlySent).toBe(false);
  });
});
