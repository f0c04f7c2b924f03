import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DynamicMessage } from '../wire/channel/dynamic.ts';
import { RdpWireError } from '../wire/errors.ts';
import { DynamicChannels, type DynamicSide } from './dynamic-channels.ts';
import { RdpRewriteError } from './errors.ts';

const create = (channel: number, name = 'ECHO'): DynamicMessage => ({
  kind: 'create',
  channel,
  priority: 0,
  name,
});
const created = (channel: number, status = 0): DynamicMessage => ({ kind: 'created', channel, status });
const data = (channel: number, length = 4): DynamicMessage => ({
  kind: 'data',
  channel,
  data: Buffer.alloc(length),
});
const first = (channel: number, total: number, length = 4): DynamicMessage => ({
  kind: 'first',
  channel,
  total,
  data: Buffer.alloc(length),
});
const close = (channel: number): DynamicMessage => ({ kind: 'close', channel });
const sides: readonly DynamicSide[] = ['upstream', 'downstream'];
const REFUSED = -1_073_741_823;

/** Channels of which one is open. */
function open(channel = 7): DynamicChannels {
  const channels = new DynamicChannels();
  channels.take(create(channel), 'upstream');
  channels.allow(channel);
  channels.take(created(channel), 'downstream');
  return channels;
}

describe('dynamic channels', () => {
  it('are opened when somebody has allowed them, and the client takes them', () => {
    const channels = new DynamicChannels();
    expect(channels.take(create(7), 'upstream')).toEqual({ ask: { channel: 7, name: 'ECHO' } });
    for (const side of sides) expect(channels.take(data(7), side)).toEqual({ isDropped: true });
    expect(channels.allow(7)).toEqual(create(7));
    for (const side of sides) expect(channels.take(data(7), side)).toEqual({ isDropped: true });
    expect(channels.take(created(7), 'downstream')).toEqual({ forward: created(7) });
    for (const side of sides) expect(channels.take(data(7), side)).toEqual({ forward: data(7), on: 'ECHO' });
  });

  it('P3: that are denied are none: the machine is told, the client is not, and nothing passes', () => {
    const channels = new DynamicChannels();
    channels.take(create(7), 'upstream');
    expect(channels.deny(7)).toEqual(created(7, REFUSED));
    expect(channels.allow(7)).toBeUndefined();
    for (const side of sides)
      for (const message of [data(7), first(7, 9), close(7)])
        expect(channels.take(message, side)).toEqual({ isDropped: true });
    // A client that says that it has opened it all the same.
    expect(channels.take(created(7), 'downstream')).toEqual({ isDropped: true });
    expect(channels.take(data(7), 'downstream')).toEqual({ isDropped: true });
  });

  it('P3: that the client does not take, or that it opens before it was asked, are none', () => {
    const channels = new DynamicChannels();
    channels.take(create(7), 'upstream');
    expect(channels.take(created(7), 'downstream')).toEqual({ isDropped: true });
    channels.allow(7);
    expect(channels.take(created(7, -1), 'downstream')).toEqual({ forward: created(7, -1) });
    expect(channels.take(data(7), 'upstream')).toEqual({ isDropped: true });
  });

  it.each(['judged', 'asked', 'open'])('P3: are not opened twice by one id, once it is %s', (state) => {
    const channels = state === 'open' ? open() : new DynamicChannels();
    if (state !== 'open') channels.take(create(7), 'upstream');
    if (state === 'asked') channels.allow(7);
    expect(() => channels.take(create(7, 'URBDRC'), 'upstream')).toThrow(RdpRewriteError);
  });

  it.each(sides)('are closed by %s, and their ids are free again', (side) => {
    const channels = open();
    const other = side === 'upstream' ? 'downstream' : 'upstream';
    expect(channels.take(close(7), side)).toEqual({ forward: close(7) });
    for (const one of sides) expect(channels.take(data(7), one)).toEqual({ isDropped: true });
    expect(channels.take(close(7), other)).toEqual({ forward: close(7) });
    expect(channels.take(create(7, 'URBDRC'), 'upstream').ask?.name).toBe('URBDRC');
  });

  it('that are closed while they are judged are not opened any more', () => {
    const channels = new DynamicChannels();
    channels.take(create(7), 'upstream');
    channels.take(close(7), 'upstream');
    expect(channels.allow(7)).toBeUndefined();
    expect(channels.deny(7)).toBeUndefined();
  });

  it('P10: are so many at once; those that are closing make room', () => {
    const channels = new DynamicChannels();
    for (let id = 0; id < 64; id += 1) expect(channels.take(create(id), 'upstream').ask).toBeDefined();
    expect(channels.take(create(64), 'upstream')).toEqual({ reply: created(64, REFUSED), isDropped: true });
    channels.allow(5);
    channels.take(close(5), 'upstream');
    expect(channels.take(create(64), 'upstream').ask).toBeDefined();
  });

  it.each(sides)('P10: data in parts of %s is as long as it says, and not without end', (side) => {
    const channels = open();
    channels.take(first(7, 10), side);
    expect(channels.take(data(7, 4), side)).toMatchObject({ on: 'ECHO' });
    expect(() => channels.take(data(7, 3), side)).toThrow(RdpWireError);
    expect(() => channels.take(first(7, 10), side)).toThrow(RdpWireError);
    expect(() => channels.take(data(7, 0), side)).toThrow(RdpWireError);
    expect(() => open().take(first(7, 16_777_217), side)).toThrow(RdpWireError);
  });

  it.each(sides)('agree with %s on no version with compressed data', (side) => {
    const channels = new DynamicChannels();
    const charges = side === 'upstream' ? Buffer.alloc(8, 1) : undefined;
    const answer = channels.take({ kind: 'capabilities', version: 3, charges }, side);
    expect(answer).toEqual({ forward: { kind: 'capabilities', version: 2, charges } });
    expect(() => channels.take({ kind: 'capabilities', version: 0, charges }, side)).toThrow(RdpWireError);
  });

  it('P3: whatever comes in whatever order, data passes between an opening that was allowed and taken, and a close', () => {
    const id = fc.nat({ max: 3 });
    const step = fc.oneof(
      id.map((channel) => ({ message: create(channel), from: 'upstream' as const })),
      fc.tuple(id, fc.constantFrom(0, -1)).map(([channel, status]) => ({
        message: created(channel, status),
        from: 'downstream' as const,
      })),
      fc.tuple(id, fc.constantFrom(...sides)).map(([channel, from]) => ({ message: close(channel), from })),
      fc.tuple(id, fc.constantFrom(...sides)).map(([channel, from]) => ({ message: data(channel), from })),
      fc.tuple(id, fc.boolean()).map(([allow, isAllowed]) => ({ allow, isAllowed })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const channels = new DynamicChannels();
        /** What a client has been asked for, and has taken. */
        const asked = new Set<number>();
        const taken = new Set<number>();
        for (const one of steps) {
          if ('allow' in one) {
            if (one.isAllowed && channels.allow(one.allow) !== undefined) asked.add(one.allow);
            if (!one.isAllowed) channels.deny(one.allow);
            continue;
          }
          const { message, from } = one;
          let answer: ReturnType<DynamicChannels['take']>;
          try {
            answer = channels.take(message, from);
          } catch {
            return;
          }
          if (answer.forward?.kind === 'created') {
            expect(asked.delete(answer.forward.channel)).toBe(true);
            if (answer.forward.status >= 0) taken.add(answer.forward.channel);
          }
          if (answer.forward?.kind === 'close') {
            asked.delete(answer.forward.channel);
            taken.delete(answer.forward.channel);
          }
          expect(answer.forward?.kind).not.toBe('create');
          if (answer.forward?.kind === 'data') expect(taken.has(answer.forward.channel)).toBe(true);
        }
      }),
    );
  });
});
