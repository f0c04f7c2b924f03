/** What a protocol gives the gateway, and what it gets. Adding one: a folder here and a line in `index.ts`. */
import type { Socket } from 'node:net';
import type { z } from 'zod';
import type { CertificateIssuer } from '../credentials/session/certificate-issuer.ts';
import type { CredentialForm } from '../credentials/session/credential-form.ts';
import type { SessionCredentials } from '../credentials/session/session-credentials.ts';
import type { Gate } from '../enforcement/gate.ts';
import type { FailedAuthentications } from '../listener/failed-authentications.ts';
import type { HostCertificates } from '../listener/host-certificates.ts';
import type { KeyFiles } from '../listener/key-files.ts';
import type { Connection } from '../listener/listener.ts';
import type { ServerTls } from '../listener/server-tls.ts';
import type { MaskTools } from '../masking/mask-tools.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { CheckResult, Reach } from '../model/check-result.ts';
import type { Clock } from '../model/clock.ts';
import type { DeviceLogins } from '../model/device-login.ts';
import type { Facts, FactsFamily } from '../model/facts.ts';
import type { SessionRegistry } from '../model/live-session.ts';
import type { Playback, PlaybackLimits } from '../model/playback.ts';
import type { Principal } from '../model/principal.ts';
import type { ArchivedSession, ExchangeArchive } from '../model/recorded-exchange.ts';
import type { Recorder } from '../model/recording.ts';
import type { Resource } from '../model/resource.ts';
import type { PolicyPreset } from '../policy/preset.ts';
import type { Log } from '../telemetry/log.ts';
import type { Doors } from './doors.ts';

/** A protocol the gateway speaks. */
export interface Protocol<ResourceConfig extends object = object, ListenerConfig extends object = object> {
  readonly name: string;
  /** Protocol-specific keys of a resource in the config file. */
  readonly resourceSchema: z.ZodType<ResourceConfig>;
  /** What is wrong with its resources, taken together. Absent: nothing can be. */
  readonly faultsOf?: (resources: readonly ConfiguredResource<ResourceConfig>[]) => readonly ResourceFault[];
  /** Protocol-specific keys of a listener in the config file. */
  readonly listenerSchema: z.ZodType<ListenerConfig>;
  /** ALPN names of direct TLS, in order of preference. */
  readonly alpnProtocols: readonly string[];
  /** Obligations that its relay fulfils; what it does not is a denial. */
  readonly fulfils: Fulfilments;
  /** Rule families its facts belong to. */
  readonly families: readonly FactsFamily[];
  /** Rules it brings along, on unless a policy switches them off. */
  readonly presets: readonly PolicyPreset[];
  /** What clients may ask to open on a resource, the default account first; none where there is no such database. */
  connectTargets(
    resource: ConfiguredResource<ResourceConfig>,
    /** Another database than the resource's own. */
    database?: string,
  ): readonly ConnectTarget[];
  /** How clients log in by a session credential, which may need a key of the gateway's; absent where they cannot. */
  readonly credentials?: CredentialForm | ((keyFiles: KeyFiles) => Promise<CredentialForm>);
  /** Session credentials that are certificates over keys of clients; absent where there are none. */
  readonly certificates?: (keyFiles: KeyFiles) => Promise<CertificateIssuer>;
  /** What `sallyport doctor` asks of it. */
  readonly doctor: ProtocolDoctor<ResourceConfig>;
  /** Reads the recorded bytes of one exchange, for people. */
  createPlayback(limits?: PlaybackLimits): Playback;
  /** Makes an HTTP archive of a recorded session; absent where it has no requests and responses of HTTP. */
  readonly createArchive?: (session: ArchivedSession) => ExchangeArchive;
  /** Makes the server side of one listener. */
  createServer(services: ProtocolServices<ResourceConfig>, listener: ListenerConfig): ProtocolServer;
}

/** A key of a resource that does not fit what other resources say. */
export interface ResourceFault {
  /** Its name. */
  readonly resource: string;
  readonly key: string;
  readonly message: string;
}

/** Examines resources of the protocol, and the ways to them that lead round the gateway. */
export interface ProtocolDoctor<ResourceConfig> {
  /** Scheme of its targets, with the colon. */
  readonly scheme: string;
  /** Host of the resource, as configured. */
  host(config: ResourceConfig): string;
  /** Connects as the gateway would, with each account. Never rejects for what is wrong with the resource. */
  examine(
    resource: ConfiguredResource<ResourceConfig>,
    services: DoctorServices,
  ): Promise<ResourceExamination>;
  /** Looks at what a listener of the gateway proves itself by; absent where that is TLS. */
  examineListener?(listener: object, services: DoctorServices): Promise<readonly CheckResult[]>;
  /** URLs, without secrets, of what must not be reachable but for the gateway; `host` is a name or an IP address. */
  directTargets(config: ResourceConfig, host: string): readonly string[];
  /**
   * Whether such a target can be reached from here. Takes seconds at most; never rejects. Absent where whatever takes
   * connections is open.
   */
  probe?(target: URL): Promise<Reach>;
  /** What to configure so that only these addresses of the gateway reach the resource. */
  closingLines(config: ResourceConfig, gateway: readonly string[]): readonly ClosingLines[];
}

/** What an examination may use. */
export interface DoctorServices {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Keys of the gateway's own, of which none is made. */
  readonly keyFiles: KeyFiles;
  readonly names: readonly string[];
  /** Any resource, of whatever protocol. */
  readonly findResource: (name: string) => ConfiguredResource<object> | undefined;
}

/** What an examination found. */
export interface ResourceExamination {
  readonly results: readonly CheckResult[];
  /** Addresses that the resource sees the gateway come from. */
  readonly gatewayAddresses: readonly string[];
}

/** Lines of a config file of somebody else's. */
export interface ClosingLines {
  /** Which file, of which machine. */
  readonly place: string;
  readonly note: string;
  readonly lines: readonly string[];
}

/** What the relay of a protocol does with the answer of an exchange. Approvals and counters are the gate's. */
export interface Fulfilments {
  /** Masks values in it. */
  readonly masks: boolean;
  /** Keeps requests within row filters. */
  readonly filters?: boolean;
  /** Bounds its rows. */
  readonly rows: boolean;
  /** Bounds its bytes and its time. */
  readonly bytesAndTime: boolean;
  /** Bounds the rows that a request changes: why it cannot be done for one; `undefined`: it can. Absent: never. */
  readonly changes?: (facts: Facts) => string | undefined;
}

/** Serves the connections of one listener. */
export interface ProtocolServer {
  /** Serves one accepted connection to its end. Never throws or rejects: one bad session never ends the process. */
  serve(socket: Socket, connection: Connection): Promise<void>;
}

/** Something a client may ask to open, and the facts that asking for it has. */
export interface ConnectTarget {
  readonly account: string;
  readonly database: string;
  readonly facts: Facts;
}

/** A configured resource: what policy sees, and what the protocol needs to reach it. */
export interface ConfiguredResource<ResourceConfig> {
  readonly resource: Resource;
  readonly config: ResourceConfig;
}

/** Everything a protocol may use of the gateway. */
export interface ProtocolServices<ResourceConfig> {
  readonly gate: Gate;
  readonly audit: AuditLog;
  /** Absent where recordings are switched off. */
  readonly recorder: Recorder | undefined;
  /** Detectors and pseudonyms for the masks of a resource. */
  readonly maskTools: (resource: string) => MaskTools;
  readonly clock: Clock;
  readonly log: Log;
  /** Verifies a bearer token; rejects with a GatewayError whose publicMessage may be told. */
  readonly verifyToken: (token: string) => Promise<Principal>;
  /** Issuers whose tokens are taken, for clients that have none yet. */
  readonly issuers: readonly string[];
  /** Logins for people who have no token yet; absent where no issuer has one. */
  readonly deviceLogins: DeviceLogins | undefined;
  /** Session credentials, for protocols that let clients log in by one. */
  readonly credentials: Pick<SessionCredentials, 'challenge' | 'find' | 'guard' | 'isValid' | 'redeem'>;
  /** A principal under the group mapping of this moment; undefined where its issuer is trusted no more. */
  readonly currentPrincipal: (principal: Principal) => Principal | undefined;
  /** Asked before a token is looked at, told of each refusal of a client that is not authenticated. */
  readonly failedAuthentications: FailedAuthentications;
  readonly findResource: (name: string) => ConfiguredResource<ResourceConfig> | undefined;
  /** All resources of the protocol. */
  readonly resources: readonly ConfiguredResource<ResourceConfig>[];
  /** Ways to resources of any protocol, by the listeners of the gateway. */
  readonly doors: Doors;
  /** Resolves names in place of the system. */
  readonly lookup: HostLookup | undefined;
  /** The gateway's TLS identity. */
  readonly tls: ServerTls;
  /** Certificates for hosts that the gateway stands in for. */
  readonly hostCertificates: HostCertificates;
  /** Names by which clients know the gateway. */
  readonly names: readonly string[];
  /** Private keys of its own that the protocol keeps, in a folder of the data folder. */
  readonly keyFiles: KeyFiles;
  readonly timeouts: SessionTimeouts;
  /** Live sessions, for listing, limits, expiry and kill. */
  readonly sessions: SessionRegistry;
}

/** All addresses of a host name, in text form. Rejects where there are none. */
export type HostLookup = (host: string) => Promise<readonly string[]>;

/** Time limits of a session, in milliseconds. */
export interface SessionTimeouts {
  /** After a token's `exp`, before in-flight work is cancelled (P12). */
  readonly expiryGraceMs: number;
}
