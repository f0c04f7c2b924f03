/** Whether a session that runs may go on: by its credential, and by the groups of its principal (P12). */
import { denialText } from '../../enforcement/denial-text.ts';
import type { ProtocolServices } from '../protocol.ts';
import type { PostgresResourceConfig } from './config.ts';
import { type Admitted, connectAccess } from './downstream/login.ts';

type Services = ProtocolServices<PostgresResourceConfig>;

/**
 * Takes the groups of the principal as the mapping has them now. Where that changes them, the connection is decided again, and
 * that is on record before anything that is decided by it.
 * @returns why the session is over, or undefined
 */
export function regroup(admitted: Admitted, services: Services): string | undefined {
  const { subject } = admitted;
  const principal = services.currentPrincipal(subject.principal);
  if (principal === undefined) return 'the identity provider of your token is no longer trusted here';
  if (principal === subject.principal) return undefined;
  subject.principal = principal;
  const { id, decision } = services.gate.decide(connectAccess(admitted, services.clock.nowMs()));
  const { rules, policy } = decision;
  // A limit is on how many there may be: this session is one of those that it counts.
  const isOver = decision.effect === 'deny' && decision.cause !== 'limit';
  services.audit.enqueue({
    type: 'session.regrouped',
    session: subject.id,
    groups: principal.groups,
    effect: isOver ? 'deny' : 'permit',
    decision: id,
    rules,
    policy,
  });
  return isOver ? denialText(id, decision).message : undefined;
}

/**
 * Looks once more when the session is registered: whoever revoked its credential, or changed a mapping, while it was being
 * opened did not find it to end it.
 */
export async function standing(
  admitted: Admitted,
  credential: string | undefined,
  services: Services,
): Promise<string | undefined> {
  const over = regroup(admitted, services);
  if (over !== undefined || credential === undefined) return over;
  const isValid = await services.credentials.isValid(credential).catch(() => false);
  return isValid ? undefined : CREDENTIAL_OVER;
}

const CREDENTIAL_OVER = 'the session credential of this connection was revoked or is over';
