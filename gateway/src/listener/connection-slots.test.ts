import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConnectionSlots, type Slot } from './connection-slots.ts';

const LIMITS = { maxConnections: 4, maxConnectionsPerAddress: 2, handshakeGraceMs: 1000 };

/** Claims places and keeps track of who was closed to make room. */
function harness(limits = LIMITS) {
  const slots = createConnectionSlots(limits);
  const evicted: string[] = [];
  const held = new Map<string, Slot>();
  const claim = (name: string, address: string, nowMs: number): string => {
    const result = slots.claim(address, nowMs, () => {
      evicted.push(name);
      held.get(name)?.release();
    });
    if (!result.ok) return result.limit;
    held.set(name, result.slot);
    return 'taken';
  };
  return { slots, evicted, held, claim };
}

describe('vulnerability class 34: places for connections', () => {
  it('are refused at once beyond the limit of an address, others being unaffected', () => {
    const { claim } = harness();
    expect(['a', 'b', 'c'].map((name) => claim(name, '10.0.0.1', 0))).toEqual(['taken', 'taken', 'address']);
    expect(claim('d', '10.0.0.2', 0)).toBe('taken');
  });

  it('are refused at once beyond the limit of all', () => {
    const { claim } = harness();
    for (let n = 0; n < 4; n += 1) expect(claim(`c${n}`, `10.0.0.${n}`, 0)).toBe('taken');
    expect(claim('e', '10.0.0.9', 0)).toBe('connections');
  });

  it('come back when a connection ends, once', () => {
    const { claim, held, slots } = harness();
    claim('a', '10.0.0.1', 0);
    claim('b', '10.0.0.1', 0);
    held.get('a')?.release();
    held.get('a')?.release();
    expect(slots.size).toBe(1);
    expect(['c', 'd'].map((name) => claim(name, '10.0.0.1', 0))).toEqual(['taken', 'address']);
  });

  it('row 7: are taken from the oldest handshake that used up its grace', () => {
    const { claim, evicted } = harness();
    claim('silent-1', '10.0.0.1', 0);
    claim('silent-2', '10.0.0.1', 500);
    expect(claim('early', '10.0.0.1', 999)).toBe('address');
    expect(claim('login', '10.0.0.1', 1000)).toBe('taken');
    expect(evicted).toEqual(['silent-1']);
  });

  it('are never taken from a connection that has authenticated', () => {
    const { claim, evicted, held } = harness();
    for (const name of ['a', 'b']) {
      claim(name, '10.0.0.1', 0);
      held.get(name)?.establish();
    }
    expect(claim('c', '10.0.0.1', 1_000_000)).toBe('address');
    expect(evicted).toEqual([]);
  });

  it('at the limit of all are taken from any address, at the limit of one only from there', () => {
    const { claim, evicted } = harness();
    claim('other', '10.0.0.9', 0);
    claim('x1', '10.0.0.1', 1);
    claim('x2', '10.0.0.1', 2);
    expect(claim('x3', '10.0.0.1', 2000)).toBe('taken');
    claim('y1', '10.0.0.2', 2000);
    expect(claim('y2', '10.0.0.2', 2000)).toBe('taken');
    expect(evicted).toEqual(['x1', 'other']);
  });

  it('P10: stay within both limits whatever happens, and none is lost', () => {
    const step = fc.record({
      address: fc.nat(3),
      act: fc.constantFrom('claim', 'establish', 'release'),
      waitMs: fc.nat(900),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const slots = createConnectionSlots(LIMITS);
        const open: { address: number; slot: Slot }[] = [];
        let nowMs = 0;
        for (const { address, act, waitMs } of steps) {
          nowMs += waitMs;
          if (act !== 'claim') {
            const found = open.find((entry) => entry.address === address);
            found?.slot[act as 'establish' | 'release']();
            if (act === 'release' && found !== undefined) open.splice(open.indexOf(found), 1);
            continue;
          }
          const holder: { entry?: { address: number; slot: Slot } } = {};
          const result = slots.claim(`10.0.0.${address}`, nowMs, () => {
            holder.entry?.slot.release();
            if (holder.entry !== undefined) open.splice(open.indexOf(holder.entry), 1);
          });
          if (result.ok) {
            holder.entry = { address, slot: result.slot };
            open.push(holder.entry);
          }
          expect(slots.size).toBe(open.length);
          expect(open.length).toBeLessThanOrEqual(4);
          expect(open.filter((entry) => entry.address === address).length).toBeLessThanOrEqual(2);
        }
        for (const { slot } of open) slot.release();
        expect(slots.size).toBe(0);
      }),
    );
  });
});
