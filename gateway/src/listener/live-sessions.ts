/** The live sessions of this gateway: listing, limits by principal, and kill. */
import type { LiveSession, SessionRegistry } from '../model/live-session.ts';
import { ListenerError } from './errors.ts';

/** Creates an empty registry; a principal may hold `perPrincipal` sessions at once. */
export function createLiveSessions(perPrincipal: number): SessionRegistry {
  const sessions = new Map<string, LiveSession>();
  const counts = new Map<string, number>();
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const ownerOf = (session: LiveSession): string =>
    `${session.principal.issuer}\u0000${session.principal.subject}`;

  return {
    add(session) {
      const owner = ownerOf(session);
      const held = counts.get(owner) ?? 0;
      if (held >= perPrincipal) {
        const message = `you hold ${held} sessions already, which is the limit; close some first`;
        throw new ListenerError('ERR_LISTENER_SESSION_LIMIT', message, {
          source: 'downstream',
          publicMessage: message,
        });
      }
      counts.set(owner, held + 1);
      sessions.set(session.id, session);
      tell();
    },
    remove(id) {
      const session = sessions.get(id);
      if (session === undefined) return;
      sessions.delete(id);
      const owner = ownerOf(session);
      const held = (counts.get(owner) ?? 1) - 1;
      if (held === 0) counts.delete(owner);
      else counts.set(owner, held);
      tell();
    },
    list: () => [...sessions.values()],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
