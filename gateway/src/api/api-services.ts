/** What the API works with, as the composition root hands it over. */
import type { OpenApprovals } from '../approvals/open-approvals.ts';
import type { ChainHead } from '../audit/record.ts';
import type { ExportState } from '../audit-export/exporter.ts';
import type { CertificateIssuer } from '../credentials/session/certificate-issuer.ts';
import type { CredentialForm } from '../credentials/session/credential-form.ts';
import type { SessionCredentials } from '../credentials/session/session-credentials.ts';
import type { Gate } from '../enforcement/gate.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { FailedAuthentications } from '../listener/failed-authentications.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { Facts } from '../model/facts.ts';
import type { SessionRegistry } from '../model/live-session.ts';
import type { Principal } from '../model/principal.ts';
import type { Resource } from '../model/resource.ts';
import type { ResourceHealth } from '../model/resource-health.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import type { FamilyBinding } from '../policy/family-binding.ts';
import type { OpenRunGuard } from '../quarantine/open-run-guard.ts';
import type { Log } from '../telemetry/log.ts';
import type { LoginOffer } from './contract/login.ts';
import type { EventStreams } from './event-stream.ts';
import type { ApiRecordings } from './recording-lines.ts';
import type { ApiGroups } from './roles.ts';
import type { ScanSlots } from './scan-slots.ts';
import type { Verifications } from './verification/verifications.ts';

/** The audit: where accesses are recorded, and what is read. */
export interface ApiAudit {
  readonly log: AuditLog & { readonly keyId: string; head(): ChainHead };
  /** The data folder. */
  readonly folder: string;
  readonly scans: ScanSlots;
  readonly verifications: Verifications;
  /** How the exports do; absent: there are none. */
  readonly exports?: (() => readonly ExportState[]) | undefined;
}

/** The policy: what decides, and what explains. */
export interface ApiPolicy {
  readonly current: () => CompiledPolicy;
  readonly decide: Gate['decide'];
  readonly families: () => Promise<readonly FamilyBinding[]>;
}

/** Requests for approval, and who follows them. */
export type ApiApprovals = Pick<OpenApprovals, 'inbox' | 'access' | 'feed' | 'webhooks' | 'slack'> & {
  /** A principal under the group mapping of this moment; undefined where there is none, or its issuer is trusted no more. */
  readonly currentPrincipal: (principal: Principal | undefined) => Principal | undefined;
  readonly streams: EventStreams;
};

/** Something that a client may ask to open, and the facts that asking for it has. */
export interface ApiTarget {
  readonly account: string;
  readonly database: string;
  readonly facts: Facts;
}

/** How clients log in to a resource by a session credential. */
export interface ApiLogin {
  /** Where its listener is reached. */
  readonly host: string;
  readonly port: number;
  readonly form: CredentialForm;
  /** What may be opened on another database than the resource's own. */
  readonly targetsOf: (database: string) => readonly ApiTarget[];
}

/** A resource and what clients may ask to open on it. */
export interface ApiResource {
  readonly resource: Resource;
  /** The default account first. */
  readonly targets: readonly ApiTarget[];
  /** Names of the families of rules that its requests are judged by. */
  readonly families: readonly string[];
  /** Absent where its protocol takes no session credentials, or has no listener. */
  readonly login?: ApiLogin | undefined;
}

/** Certificates over keys of clients, and where they are used. */
export interface ApiCertificates {
  readonly protocol: string;
  readonly issuer: CertificateIssuer;
  readonly host: string;
  readonly port: number;
}

/** Everything that endpoints may use of the gateway. */
export interface ApiServices {
  readonly audit: ApiAudit;
  readonly policy: ApiPolicy;
  readonly approvals: ApiApprovals;
  readonly guard: Pick<OpenRunGuard, 'list' | 'lift'>;
  /** Where people log in. */
  readonly login: LoginOffer;
  readonly identity: Pick<TokenVerifier, 'verify' | 'status' | 'warmUp'>;
  readonly credentials: Pick<SessionCredentials, 'issue' | 'withdraw' | 'find' | 'list' | 'revoke'>;
  /** Absent where no protocol with a listener has them. */
  readonly certificates?: ApiCertificates | undefined;
  readonly failedAuthentications: FailedAuthentications;
  readonly groups: ApiGroups;
  /** Names by which the API may be called, beside localhost and the address itself. */
  readonly names: readonly string[];
  readonly sessions: SessionRegistry;
  /** Absent where sessions are not recorded. */
  readonly recordings?: ApiRecordings;
  readonly resources: readonly ApiResource[];
  /** Whether a resource is reached; undefined where nobody looks. */
  readonly health: (resource: string) => ResourceHealth | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The connection of a request, as the server knows it: what Hono calls bindings. */
export interface ApiConnection {
  /** Peer address without port; IPv4 in plain form. */
  readonly remoteAddress: string;
  /** The gateway's address on this connection, likewise. */
  readonly localAddress: string;
  /** Says that a token was accepted: the connection may stay. */
  onAuthenticated?(): void;
}

/** Hono's environment of the API. */
export interface ApiEnv {
  readonly Bindings: ApiConnection;
}
