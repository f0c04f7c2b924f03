/** Whether a session that runs may go on: by its credential, and by the groups of its principal (P12). */
import { denialText } from '../enforcement/denial-text.ts';
import type { AccessRequest } from '../model/access-request.ts';
import type { Principal } from '../model/principal.ts';
import type { ProtocolServices } from '../protocols/protocol.ts';

/** What of a session its standing depends on. */
export interface Standing {
  readonly id: string;
  /** As the group mapping had it when it was last looked at. */
  principal: Principal;
  /** Id of the session credential that it was logged in by. */
  readonly credential: string | undefined;
  /** The question whether it may be open, as of this moment. */
  connectAccess(): AccessRequest;
}

type Services = Pick<ProtocolServices<never>, 'gate' | 'audit' | 'currentPrincipal' | 'credentials'>;

/**
 * Takes the groups of the principal as the mapping has them now. Where that changes them, the connection is decided again, and
 * that is on record before anything that is decided by it.
 * @returns why the session is over, or undefined
 */
export function regroup(session: Standing, services: Services): string | undefined {
  const { gate, audit, currentPrincipal } = services;
  const principal = currentPrincipal(session.principal);
  if (principal === undefined) return 'the identity provider of your token is no longer trusted here';
  if (principal === session.principal) return undefined;
  session.principal = principal;
  const verdict = gate.decide(session.connectAccess());
  const { id, decision } = verdict;
  const { rules, policy } = decision;
  // A limit is on how many there may be: this session is one of those that it counts.
  const isOver = decision.effect === 'deny' && decision.cause !== 'limit';
  audit.enqueue({
    type: 'session.regrouped',
    session: session.id,
    groups: principal.groups,
    effect: isOver ? 'deny' : 'permit',
    decision: id,
    rules,
    policy,
  });
  return isOver ? denialText(id, decision, verdict).message : undefined;
}

/**
 * Looks once more when the session is registered: whoever revoked its credential, or changed a mapping, while it was being
 * opened did not find it to end it.
 * @returns why the session is over, or undefined
 */
export async function standing(session: Standing, services: Services): Promise<string | undefined> {
  const over = regroup(session, services);
  const { credential } = session;
  if (over !== undefined || credential === undefined) return over;
  const isValid = await services.credentials.isValid(credential).catch(() => false);
  return isValid ? undefined : CREDENTIAL_OVER;
}

const CREDENTIAL_OVER = 'the session credential of this connection was revoked or is over';
