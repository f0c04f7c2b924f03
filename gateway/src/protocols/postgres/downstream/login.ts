/**
 * From a startup packet to a session on the server: token → principal → connect decision → upstream login.
 * The client is told nothing about resources before its token is verified.
 */
import { randomBytes } from 'node:crypto';
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { SessionCredential } from '../../../credentials/session/session-credential.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { AccessRequest } from '../../../model/access-request.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ConfiguredResource, ProtocolServices } from '../../protocol.ts';
import { type PostgresResourceConfig } from '../config.ts';
import { applicationName } from '../facts/application-name.ts';
import { connectFacts } from '../facts/connect-request.ts';
import type { SessionSubject } from '../facts/judge.ts';
import { refusalError, SqlState } from '../refusal.ts';
import type { CatalogCache } from '../upstream/catalog/catalog-cache.ts';
import { connectUpstream, type UpstreamConnection } from '../upstream.ts';
import { connectAsk } from './connect-ask.ts';
import { logInByCredential } from './credential-login.ts';
import { LoginRefusal } from './login-refusal.ts';
import { withoutTokens } from './misplaced-token.ts';
import type { OpenedConnection } from './open-connection.ts';
import { readPassword } from './read-password.ts';
import { readTarget, type Target } from './target.ts';

/** A connection that has said what it wants, over TLS or loopback. */
export type Opened = Extract<OpenedConnection, { kind: 'session' }>;

/** Who asks and where; the principal's groups follow the group mapping, so it is read anew for each decision. */
export interface Subject extends SessionSubject {
  principal: Principal;
}

/** Who came, where to, before the server is dialled. */
export interface Admitted {
  readonly subject: Subject;
  readonly target: Target;
  readonly resource: ConfiguredResource<PostgresResourceConfig>;
  readonly database: string;
}

/** Who asks, as a token or a session credential proves it. */
export interface Identified {
  readonly principal: Principal;
  readonly credential?: SessionCredential;
}

/**
 * Finds out who asks; the database and user of the startup packet are claims until policy judged them. A user name with
 * the id of a session credential gets SCRAM, any other is asked for a token: the server chooses before it sees a secret.
 */
export async function authenticate(
  opened: Opened,
  target: Target,
  services: ProtocolServices<PostgresResourceConfig>,
  from: { readonly sourceAddress: string; readonly signal: AbortSignal },
): Promise<Identified> {
  const { credential: id, resource, account } = target;
  if (id !== undefined) {
    const { stream, certificate } = opened;
    const use = { protocol: 'postgres', resource, account };
    return logInByCredential({ id, use, stream, certificate, ...from }, services);
  }
  const token = await readPassword(opened.stream, from.signal);
  if (token === '') {
    throw new LoginRefusal(
      'ERR_POSTGRES_NO_TOKEN',
      SqlState.invalidAuthorization,
      'the password must be your access token',
    );
  }
  if (withoutTokens(token) === '[secret]') {
    throw new LoginRefusal(
      'ERR_POSTGRES_NO_TOKEN',
      SqlState.invalidAuthorization,
      'the password is the secret of a session credential: the user name must then be ACCOUNT+CREDENTIAL-ID',
    );
  }
  return { principal: await services.verifyToken(token) };
}

/** Makes the subject of a new session. */
export function newSubject(
  opened: Opened,
  who: Identified & { readonly sourceAddress: string },
  target: { readonly resource: ConfiguredResource<PostgresResourceConfig>; readonly account: string },
): Subject {
  const client = opened.startup.parameters.get('application_name');
  const run = who.credential?.run;
  return {
    id: `ses_${randomBytes(8).toString('hex')}`,
    principal: who.principal,
    resource: target.resource.resource,
    account: target.account,
    sourceAddress: who.sourceAddress,
    hints: {
      ...(client === undefined ? {} : { application_name: client.slice(0, 256) }),
      // Named by who minted the credential, and proved by nothing (P11).
      ...(run === undefined ? {} : { run }),
    },
  };
}

/** The target of a startup packet. */
export function targetOf(opened: Opened): Target {
  const target = readTarget(opened.startup);
  if (target !== undefined) return target;
  throw new LoginRefusal(
    'ERR_POSTGRES_NO_USER',
    SqlState.invalidAuthorization,
    'no user name in the startup packet: name an account of the resource',
  );
}

/** The question whether a session may be open, as of this moment. */
export function connectAccess({ subject, database }: Admitted, nowMs: number): AccessRequest {
  const { principal, resource, account, id, sourceAddress, hints } = subject;
  const facts = connectFacts(resource.name, database, account);
  return { principal, resource, account, facts, context: { nowMs, sessionId: id, sourceAddress, hints } };
}

/**
 * Asks the policy whether the session may be opened, and records the answer.
 * @throws LoginRefusal with the policy's denial.
 */
export async function admitConnect(
  admitted: Admitted,
  services: ProtocolServices<PostgresResourceConfig>,
): Promise<Permit> {
  const { subject, database } = admitted;
  const access = connectAccess(admitted, services.clock.nowMs());
  const decided = services.gate.decide(access);
  // A handshake is no time to wait for people: it is told at once that they were asked.
  const verdict = await services.gate.fulfil({
    access,
    current: () => connectAccess(admitted, services.clock.nowMs()),
    verdict: decided,
    ask: () => connectAsk(admitted, access),
    wait: { waitMs: 0 },
  });
  const request: JsonObject = { database, account: subject.account };
  const summary = access.facts.statements[0]?.summary ?? 'connect';
  const [permit] = await services.gate.admit([{ access, verdict, summary, request, writes: false }]);
  if (permit !== undefined) return permit;
  throw new LoginRefusal(
    'ERR_POSTGRES_CONNECT_DENIED',
    SqlState.insufficientPrivilege,
    'the policy denies this connection',
    refusalError(verdict, 'FATAL'),
  );
}

/** Dials the server. The permit is the proof that the connection was decided and recorded (P1). */
export async function dialUpstream(
  _permit: Permit,
  admitted: Admitted,
  how: {
    readonly credential: CredentialSource;
    readonly settings: ReadonlyMap<string, string>;
    readonly signal: AbortSignal;
    readonly catalogs: CatalogCache;
  },
): Promise<UpstreamConnection> {
  const { subject, resource, database } = admitted;
  return connectUpstream({
    resource: resource.config,
    account: subject.account,
    database,
    startupParameters: how.settings,
    applicationName: applicationName(subject.id, subject.hints['application_name'] ?? ''),
    credential: how.credential,
    signal: how.signal,
    catalogs: how.catalogs,
    minor: 0,
  });
}
