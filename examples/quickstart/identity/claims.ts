/** What the tokens of the embedded provider say, and about whom. */
import { randomBytes } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Directory } from './directory.ts';

/** What the claims depend on: who asked, and for which kind of token. */
export interface IssuedToken {
  readonly kind?: string | undefined;
  readonly accountId?: string | undefined;
  readonly clientId?: string | undefined;
}

/** `groups` for everyone; for machines also the run the token is for, made up when the request names none. */
export function tokenClaims(
  directory: Directory,
  ctx: KoaContextWithOIDC,
  token: IssuedToken,
): { groups: readonly string[]; run_id?: string } {
  if (token.kind !== 'ClientCredentials') {
    return { groups: directory.people.find(({ login }) => login === token.accountId)?.groups ?? [] };
  }
  const asked = ctx.oidc.body?.['run_id'];
  const isUsable = typeof asked === 'string' && /^[\w.:-]{1,128}$/u.test(asked);
  return {
    groups: directory.machines.find(({ id }) => id === token.clientId)?.groups ?? [],
    run_id: isUsable ? asked : `run-${randomBytes(8).toString('hex')}`,
  };
}

/** A machine that acts for a person: the person is the subject, the machine the actor. */
export function delegate(
  directory: Directory,
  token: IssuedToken,
  jwt: { payload: Record<string, unknown> },
): undefined {
  const machine = directory.machines.find(({ id }) => id === token.clientId);
  if (token.kind !== 'ClientCredentials' || machine?.actsFor === undefined) return undefined;
  Object.assign(jwt.payload, { sub: machine.actsFor, act: { sub: machine.id } });
  return undefined;
}

/** The account of a login, for ID tokens and userinfo. */
export function findAccount(
  directory: Directory,
  login: string,
): { accountId: string; claims: () => { sub: string; name: string; groups: readonly string[] } } | undefined {
  const person = directory.people.find((candidate) => candidate.login === login);
  if (person === undefined) return undefined;
  return { accountId: login, claims: () => ({ sub: login, name: person.name, groups: person.groups }) };
}
