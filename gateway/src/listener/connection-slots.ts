import { limitKey } from './ip-address.ts';

/** Bounds on open connections. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** A handshake older than this may be closed to make room for a newcomer; milliseconds. */
  readonly handshakeGraceMs: number;
}

/** One accepted connection, as the limits see it. */
export interface Slot {
  /** The handshake is over: the connection is no longer closed to make room. */
  establish(): void;
  /** Gives the place back. Idempotent. */
  release(): void;
}

/** Outcome of {@link ConnectionSlots.claim}. */
export type SlotClaim =
  | { readonly ok: true; readonly slot: Slot }
  | { readonly ok: false; readonly limit: 'connections' | 'address' };

/** Hands out places for connections; pure bookkeeping, no sockets. */
export interface ConnectionSlots {
  readonly size: number;
  /** `evict` closes the connection when its handshake must make room; it must lead to `release`. */
  claim(address: string, nowMs: number, evict: () => void): SlotClaim;
}

interface Place {
  readonly key: string;
  readonly sinceMs: number;
  readonly evict: () => void;
}

interface AddressPlaces {
  count: number;
  readonly handshaking: Set<Place>;
}

/**
 * Makes the places. Where a limit is reached, the oldest handshake that has used up its grace goes, else the newcomer is
 * refused. So connections that say nothing cannot lock others out, and a burst of honest ones still makes progress.
 */
export function createConnectionSlots(limits: ConnectionLimits): ConnectionSlots {
  // Sets keep insertion order: the first is the oldest.
  const handshaking = new Set<Place>();
  const addresses = new Map<string, AddressPlaces>();
  let size = 0;

  function release(place: Place): void {
    const places = addresses.get(place.key);
    handshaking.delete(place);
    if (places === undefined) return;
    size -= 1;
    places.count -= 1;
    places.handshaking.delete(place);
    if (places.count === 0) addresses.delete(place.key);
  }

  function hold(place: Place): Slot {
    const places = addresses.get(place.key) ?? { count: 0, handshaking: new Set() };
    addresses.set(place.key, places);
    places.count += 1;
    size += 1;
    places.handshaking.add(place);
    handshaking.add(place);
    let isHeld = true;
    return {
      establish() {
        handshaking.delete(place);
        places.handshaking.delete(place);
      },
      release() {
        if (isHeld) release(place);
        isHeld = false;
      },
    };
  }

  function makeRoom(among: ReadonlySet<Place>, nowMs: number): boolean {
    for (const oldest of among) {
      if (nowMs - oldest.sinceMs < limits.handshakeGraceMs) return false;
      oldest.evict();
      return !among.has(oldest);
    }
    return false;
  }

  function claim(address: string, nowMs: number, evict: () => void): SlotClaim {
    const key = limitKey(address);
    const places = addresses.get(key);
    const isAddressFull = places !== undefined && places.count >= limits.maxConnectionsPerAddress;
    if (isAddressFull && !makeRoom(places.handshaking, nowMs)) return { ok: false, limit: 'address' };
    if (size >= limits.maxConnections && !makeRoom(handshaking, nowMs))
      return { ok: false, limit: 'connections' };
    return { ok: true, slot: hold({ key, sinceMs: nowMs, evict }) };
  }

  return {
    get size() {
      return size;
    },
    claim,
  };
}
