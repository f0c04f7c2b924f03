/** Where the provider keeps sessions and codes: in memory, bounded, gone with the process. */
import type { Adapter, AdapterPayload } from 'oidc-provider';

const MAX_ENTRIES = 2_000;

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/** Adapters over one store, and the clients that are registered while the provider runs. */
export interface Storage {
  readonly adapter: (model: string) => Adapter;
  /** Never goes, however full the store is. */
  register(clientId: string, client: AdapterPayload): void;
}

/** An empty store; when it is full the oldest entries go first. */
export function createStorage(): Storage {
  const clients = new Map<string, AdapterPayload>();
  const entries = new Map<string, Entry>();

  const read = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs > Date.now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  const findBy = (model: string, test: (payload: AdapterPayload) => boolean): AdapterPayload | undefined => {
    for (const key of entries.keys()) {
      const payload = key.startsWith(`${model}:`) ? read(key) : undefined;
      if (payload !== undefined && test(payload)) return payload;
    }
    return undefined;
  };

  const adapter = (model: string): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      entries.delete(`${model}:${id}`);
      const lifetimeSeconds = expiresIn ?? Number.POSITIVE_INFINITY;
      entries.set(`${model}:${id}`, { payload, expiresAtMs: Date.now() + lifetimeSeconds * 1000 });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
    find: async (id) => (model === 'Client' ? clients.get(id) : read(`${model}:${id}`)),
    findByUid: async (uid) => findBy(model, (payload) => payload.uid === uid),
    findByUserCode: async (code) => findBy(model, (payload) => payload.userCode === code),
    consume: async (id) => {
      const payload = read(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      entries.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
    },
  });
  return { adapter, register: (clientId, client) => void clients.set(clientId, client) };
}
