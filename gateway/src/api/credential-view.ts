import type { SessionCredential } from '../credentials/session/session-credential.ts';
import type { SessionRegistry } from '../model/live-session.ts';
import type { ApiCredential } from './contract/credential.ts';

/** A session credential as the API tells it. */
export function toApiCredential(credential: SessionCredential, sessions: SessionRegistry): ApiCredential {
  const { id, protocol, resource, account, principal, run, maxUses, uses, revokedAtMs } = credential;
  return {
    id,
    protocol,
    resource,
    account,
    principal,
    ...(run === undefined ? {} : { run }),
    issuedAt: new Date(credential.issuedAtMs).toISOString(),
    expiresAt: new Date(credential.expiresAtMs).toISOString(),
    ...(maxUses === undefined ? {} : { maxUses, uses }),
    ...(revokedAtMs === undefined ? {} : { revokedAt: new Date(revokedAtMs).toISOString() }),
    state: stateOf(credential),
    sessions: sessions.list().flatMap((session) => (session.credential === id ? [session.id] : [])),
  };
}

function stateOf({ revokedAtMs, maxUses, uses }: SessionCredential): ApiCredential['state'] {
  if (revokedAtMs !== undefined) return 'revoked';
  return maxUses !== undefined && uses >= maxUses ? 'spent' : 'valid';
}
