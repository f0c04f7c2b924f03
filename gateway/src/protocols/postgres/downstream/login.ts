/**
 * From a startup packet to a session on the server: token → principal → connect decision → upstream login.
 * The client is told nothing about resources before its token is verified.
 */
import { randomBytes } from 'node:crypto';
import type { CredentialSource } from '../../../credentials/credential-source.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Principal } from '../../../model/principal.ts';
import type { ConfiguredResource, ProtocolServices } from '../../protocol.ts';
import { type PostgresResourceConfig } from '../config.ts';
import { applicationName } from '../facts/application-name.ts';
import { connectFacts } from '../facts/connect-request.ts';
import type { SessionSubject } from '../facts/judge.ts';
import { refusalError, SqlState } from '../refusal.ts';
import { connectUpstream, type UpstreamConnection } from '../upstream.ts';
import { LoginRefusal } from './login-refusal.ts';
import type { OpenedConnection } from './open-connection.ts';
import { readPassword } from './read-password.ts';
import { readTarget, type Target } from './target.ts';

/** A connection that has said what it wants, over TLS or loopback. */
export type Opened = Extract<OpenedConnection, { kind: 'session' }>;

/** Who came, where to, before the server is dialled. */
export interface Admitted {
  readonly subject: SessionSubject;
  readonly target: Target;
  readonly resource: ConfiguredResource<PostgresResourceConfig>;
  readonly database: string;
}

/** Reads and verifies the token; the database and user of the startup packet are claims until policy judged them. */
export async function authenticate(
  opened: Opened,
  services: ProtocolServices<PostgresResourceConfig>,
  signal: AbortSignal,
): Promise<Principal> {
  const token = await readPassword(opened.stream, signal);
  if (token === '') {
    throw new LoginRefusal(
      'ERR_POSTGRES_NO_TOKEN',
      SqlState.invalidAuthorization,
      'the password must be your access token',
    );
  }
  return services.verifyToken(token);
}

/** Makes the subject of a new session. */
export function newSubject(
  opened: Opened,
  who: { readonly principal: Principal; readonly sourceAddress: string },
  target: { readonly resource: ConfiguredResource<PostgresResourceConfig>; readonly account: string },
): SessionSubject {
  const client = opened.startup.parameters.get('application_name');
  return {
    id: `ses_${randomBytes(8).toString('hex')}`,
    principal: who.principal,
    resource: target.resource.resource,
    account: target.account,
    sourceAddress: who.sourceAddress,
    hints: client === undefined ? {} : { application_name: client.slice(0, 256) },
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

/**
 * Asks the policy whether the session may be opened, and records the answer.
 * @throws LoginRefusal with the policy's denial.
 */
export async function admitConnect(
  admitted: Admitted,
  services: ProtocolServices<PostgresResourceConfig>,
): Promise<Permit> {
  const { subject, database } = admitted;
  const facts = connectFacts(subject.resource.name, database, subject.account);
  const access = {
    principal: subject.principal,
    resource: subject.resource,
    account: subject.account,
    facts,
    context: {
      nowMs: services.clock.nowMs(),
      sessionId: subject.id,
      sourceAddress: subject.sourceAddress,
      hints: subject.hints,
    },
  };
  const verdict = services.gate.decide(access);
  const request: JsonObject = { database, account: subject.account };
  const summary = facts.statements[0]?.summary ?? 'connect';
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
    minor: 0,
  });
}
