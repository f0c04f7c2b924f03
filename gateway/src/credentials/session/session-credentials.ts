/** Session credentials of one gateway: minting, use, and their end. Knows no protocol, and decides nothing. */
import { createHash, createHmac } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import type { Principal } from '../../model/principal.ts';
import type { Secret } from '../secret.ts';
import type { CredentialBounds, CredentialRepository, Taken } from './credential-repository.ts';
import { newCredentialId, newCredentialSecret } from './credential-text.ts';
import { SessionCredentialError } from './errors.ts';
import { LoginGuard } from './login-guard.ts';
import type { SessionCredential, StoredCredential } from './session-credential.ts';

/** Makes what a secret is checked with; the protocol's own. */
export type MakeVerifier = (secret: string, salt: Buffer) => Promise<string>;

/** What is asked for. Whether the principal may have it is the policy's, and decided before. */
export interface IssueRequest {
  readonly principal: Principal;
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  /** A hint, unless the token proves the same. */
  readonly run?: string | undefined;
  readonly lifetimeMs: number;
  readonly maxUses?: number | undefined;
  readonly makeVerifier: MakeVerifier;
}

/** A new credential. The secret is nowhere else. */
export interface Issued {
  readonly credential: SessionCredential;
  readonly secret: Secret;
}

/** What a login needs before the client has proved anything: the same for every id. */
export interface Challenge {
  readonly salt: Buffer;
  /** Absent where the protocol has nothing to check a proof with; the exchange then goes on as if. */
  readonly verifier: string | undefined;
}

/** Where a login wants to go. */
export interface Use {
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
}

/** Why a proved credential opens nothing here. */
export type Unusable = Exclude<Taken, 'taken'> | 'protocol' | 'resource' | 'account' | 'issuer';

/** Outcome of {@link SessionCredentials.redeem}. */
export type Redemption =
  | {
      readonly ok: true;
      readonly credential: SessionCredential;
      /** Under the group mapping of this moment; it ends when the credential does. */
      readonly principal: Principal;
    }
  | { readonly ok: false; readonly reason: Unusable };

/** The credentials of one gateway. */
export interface SessionCredentials {
  /** @throws SessionCredentialError */
  issue(request: IssueRequest): Promise<Issued>;
  /** Takes back one whose secret was told to nobody. */
  withdraw(id: string): Promise<void>;
  challenge(id: string, protocol: string): Promise<Challenge>;
  /** Takes one use, after the client proved that it has the secret. */
  redeem(id: string, use: Use): Promise<Redemption>;
  /** Whether sessions of it may go on. */
  isValid(id: string): Promise<boolean>;
  readonly guard: Pick<LoginGuard, 'isBlocked' | 'noteFailure' | 'noteSuccess'>;
  find(id: string): Promise<SessionCredential | undefined>;
  /** Those that have not ended, the newest first: a principal's own, or all for undefined. */
  list(principal: Principal | undefined, limit: number): Promise<readonly SessionCredential[]>;
  /** False where it is unknown, has ended or is revoked. Sessions that it opened are the caller's to end. */
  revoke(id: string): Promise<boolean>;
}

/** What they work with. */
export interface SessionCredentialServices {
  readonly repository: CredentialRepository;
  readonly clock: Clock;
  /** Principals under the group mapping of this moment. */
  readonly principals: {
    providerGroupsOf(principal: Principal): readonly string[] | undefined;
    principalOf(claims: Omit<Principal, 'groups'>, providerGroups: readonly string[]): Principal | undefined;
  };
  readonly bounds?: CredentialBounds;
}

const BOUNDS: CredentialBounds = { perOwner: 500, total: 100_000 };
const SALT_BYTES = 16;
/** What is over before it can be used is not worth a secret; milliseconds. */
const SHORTEST_MS = 1_000;

/** Who may list and revoke a credential: the same subject by the same agent, as tokens prove them; not the same token. */
export function ownerOf({ issuer, subject, agent, delegation }: Principal): string {
  const actors = delegation.map((actor) => [actor.subject, actor.issuer ?? null]);
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject, agent ?? null, actors]))
    .digest('hex');
}

/** Makes them over a repository. */
export async function openSessionCredentials(
  services: SessionCredentialServices,
): Promise<SessionCredentials> {
  const { repository, clock, bounds = BOUNDS } = services;
  const guard = new LoginGuard(clock);
  const saltKey = await repository.saltKey();
  /** Derived, not random: a salt tells nobody whether its id exists, existed, or never did. */
  const saltOf = (id: string): Buffer =>
    createHmac('sha256', saltKey).update(id).digest().subarray(0, SALT_BYTES);

  return {
    issue: async (request) => {
      const fields = issuedFields(request, clock.nowMs());
      const providerGroups = services.principals.providerGroupsOf(request.principal);
      if (providerGroups === undefined) throw new TypeError('the principal comes from no token');
      const id = newCredentialId();
      const secret = newCredentialSecret();
      const verifier = await request.makeVerifier(secret.reveal(), saltOf(id));
      const credential: SessionCredential = { id, ...fields, uses: 0 };
      const stored = { ...credential, verifier, providerGroups };
      if (await repository.insert(stored, ownerOf(request.principal), bounds)) return { credential, secret };
      throw new SessionCredentialError(
        'ERR_CREDENTIALS_SESSION_LIMIT',
        'there are too many session credentials; revoke some, or use those you have',
      );
    },
    withdraw: (id) => repository.remove(id),
    challenge: async (id, protocol) => {
      const credential = await repository.find(id);
      return {
        salt: saltOf(id),
        verifier: credential?.protocol === protocol ? credential.verifier : undefined,
      };
    },
    redeem: (id, use) => redeem(id, use, services),
    isValid: (id) => repository.isValid(id, clock.nowMs()),
    guard,
    find: async (id) => {
      const found = await repository.find(id);
      return found === undefined ? undefined : told(found);
    },
    list: async (principal, limit) => {
      const owner = principal === undefined ? undefined : ownerOf(principal);
      return (await repository.list(owner, clock.nowMs(), limit)).map(told);
    },
    revoke: (id) => repository.revoke(id, clock.nowMs()),
  };
}

async function redeem(
  id: string,
  use: Use,
  { repository, principals, clock }: SessionCredentialServices,
): Promise<Redemption> {
  const credential = await repository.find(id);
  if (credential === undefined) return { ok: false, reason: 'unknown' };
  for (const part of ['protocol', 'resource', 'account'] as const) {
    if (credential[part] !== use[part]) return { ok: false, reason: part };
  }
  const principal = principals.principalOf(
    { ...credential.principal, expiresAtMs: credential.expiresAtMs },
    credential.providerGroups,
  );
  if (principal === undefined) return { ok: false, reason: 'issuer' };
  const taken = await repository.take(id, clock.nowMs());
  return taken === 'taken'
    ? { ok: true, credential: told(credential), principal }
    : { ok: false, reason: taken };
}

/** @throws SessionCredentialError */
function issuedFields(request: IssueRequest, nowMs: number): Omit<SessionCredential, 'id' | 'uses'> {
  const { principal, protocol, resource, account, run, lifetimeMs, maxUses } = request;
  const expiresAtMs = Math.min(nowMs + lifetimeMs, principal.expiresAtMs);
  if (expiresAtMs < nowMs + SHORTEST_MS) {
    throw new SessionCredentialError(
      'ERR_CREDENTIALS_SESSION_TOKEN_ENDS',
      'a session credential never outlives its token, and yours ends now; get a new token',
    );
  }
  if (run !== undefined && principal.run !== undefined && run !== principal.run) {
    throw new SessionCredentialError(
      'ERR_CREDENTIALS_SESSION_RUN',
      'your token proves another run than the one you name; leave `run` out, or get a token of that run',
    );
  }
  return {
    protocol,
    resource,
    account,
    principal,
    ...(run === undefined ? {} : { run }),
    issuedAtMs: nowMs,
    expiresAtMs,
    ...(maxUses === undefined ? {} : { maxUses }),
  };
}

/** What may be told of a stored credential. */
function told(stored: StoredCredential): SessionCredential {
  const { verifier: _, providerGroups: __, ...credential } = stored;
  return credential;
}
