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
type SlotClaim =
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
  return new CountedSlots(limits);
}

class CountedSlots implements ConnectionSlots {
  readonly #limits: ConnectionLimits;
  // Sets keep insertion order: the first is the oldest.
  readonly #handshaking = new Set<Place>();
  readonly #addresses = new Map<string, AddressPlaces>();
  #size = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  claim(address: string, nowMs: number, evict: () => void): SlotClaim {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const key = limitKey(address);
    const places = this.#addresses.get(key);
    const isAddressFull = places !== undefined && places.count >= maxConnectionsPerAddress;
    if (isAddressFull && !this.#makeRoom(places.handshaking, nowMs)) return { ok: false, limit: 'address' };
    if (this.#size >= maxConnections && !this.#makeRoom(this.#handshaking, nowMs)) {
      return { ok: false, limit: 'connections' };
    }
    return { ok: true, slot: this.#hold({ key, sinceMs: nowMs, evict }) };
  }

  #makeRoom(among: ReadonlySet<Place>, nowMs: number): boolean {
    const [oldest] = among;
    if (oldest === undefined || nowMs - oldest.sinceMs < this.#limits.handshakeGraceMs) return false;
    oldest.evict();
    return !among.has(oldest);
  }

  #hold(place: Place): Slot {
    const places = this.#addresses.get(place.key) ?? { count: 0, handshaking: new Set() };
    this.#addresses.set(place.key, places);
    places.count += 1;
    this.#size += 1;
    places.handshaking.add(place);
    this.#handshaking.add(place);
    let isHeld = true;
    return {
      establish: () => {
        this.#handshaking.delete(place);
        places.handshaking.delete(place);
      },
      release: () => {
        if (isHeld) this.#release(place, places);
        isHeld = false;
      },
    };
  }

  #release(place: Place, places: AddressPlaces): void {
    this.#handshaking.delete(place);
    places.handshaking.delete(place);
    this.#size -= 1;
    places.count -= 1;
    if (places.count === 0) this.#addresses.delete(place.key);
  }
}
