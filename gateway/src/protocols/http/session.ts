/** One session: what one principal does on one resource over one client connection. From its opening on record to its end. */
import { randomBytes } from 'node:crypto';
import { denialText } from '../../enforcement/denial-text.ts';
import type { PolicyMasks, Verdict } from '../../enforcement/gate.ts';
import { scheduleAt } from '../../listener/schedule-at.ts';
import type { AccessRequest } from '../../model/access-request.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Facts } from '../../model/facts.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import type { Principal } from '../../model/principal.ts';
import type { RecordedSession, SessionRecording } from '../../model/recording.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocol.ts';
import type { HttpResourceConfig } from './config.ts';
import type { Destination } from './destinations/destinations.ts';
import type { Identified } from './downstream/identify.ts';
import { HttpError } from './errors.ts';
import { connectAsk, connectFacts } from './facts/connect.ts';

/** What a session is opened with. */
export interface SessionStart {
  readonly who: Identified;
  readonly configured: ConfiguredResource<HttpResourceConfig>;
  readonly sourceAddress: string;
  readonly hints: Readonly<Record<string, string>>;
  readonly version: 'HTTP/1.1' | 'HTTP/2';
  /** The place that a client of the proxy named. */
  readonly destination?: Destination;
  /** TLS version of the client connection. */
  readonly tls: string;
  /** Cuts what it has under way, and the connection where nobody else uses it. */
  readonly cut: () => void;
}

type Services = ProtocolServices<HttpResourceConfig>;

/** A session that is open. */
export class HttpSession {
  readonly id: string;
  readonly start: SessionStart;
  recording: SessionRecording | undefined;
  exchanges = 0;
  refused = 0;
  readonly #services: Services;
  readonly #over = new AbortController();
  #principal: Principal;
  #reason = 'client-closed';
  #expiry: { clear(): void } | undefined;

  private constructor(start: SessionStart, services: Services) {
    this.id = `ses_${randomBytes(8).toString('hex')}`;
    this.start = start;
    this.#services = services;
    this.#principal = start.who.principal;
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  static async open(start: SessionStart, services: Services): Promise<HttpSession | Verdict> {
    const session = new HttpSession(start, services);
    const record = session.#record();
    await services.audit.append(openingEvents(record, start.who.credential?.id));
    try {
      const denied = await session.#connect();
      if (denied !== undefined) {
        session.#reason = 'refused';
        session.#finish();
        return denied;
      }
      session.recording = services.recorder?.open(record, () => session.end('recording-failed'));
      services.sessions.add(session.#live());
      const { expiresAtMs } = session.#principal;
      const atMs = expiresAtMs + services.timeouts.expiryGraceMs;
      session.#expiry = scheduleAt(atMs, services.clock, () => session.#expire());
      await session.#stand();
      return session;
    } catch (error) {
      session.#reason = 'refused';
      await session.close();
      throw error;
    }
  }

  /** Aborted when nothing more may be done in it: killed, expired, not recorded. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** A request of this session, as of now. */
  access(facts: Facts): AccessRequest {
    const { configured, sourceAddress, hints } = this.start;
    return {
      principal: this.#principal,
      resource: configured.resource,
      account: configured.config.account,
      facts,
      context: { nowMs: this.#services.clock.nowMs(), sessionId: this.id, sourceAddress, hints },
    };
  }

  /** Masks that the policy has for who asks here, whatever is asked. */
  masksInScope(access: AccessRequest): readonly MaskObligation[] {
    const known = this.#inScope?.principal === access.principal ? this.#inScope : undefined;
    const found = this.#services.gate.masksFor(access, known?.policy);
    if (found !== undefined) this.#inScope = { ...found, principal: access.principal };
    return this.#inScope?.masks ?? [];
  }

  /** Ends it and cuts the connection at once. */
  end(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#reason = reason;
    this.#over.abort(new HttpError('ERR_HTTP_GONE', 401, `the session was ended: ${reason}`));
    this.start.cut();
  }

  /** Closes it on record. Idempotent; never rejects. */
  async close(reason?: string): Promise<void> {
    if (reason !== undefined && !this.#over.signal.aborted) this.#reason = reason;
    if (!this.#finish()) return;
    await this.recording?.close(this.#reason);
  }

  #isFinished = false;
  #inScope: (PolicyMasks & { readonly principal: Principal }) | undefined;

  #finish(): boolean {
    if (this.#isFinished) return false;
    this.#isFinished = true;
    this.#expiry?.clear();
    const services = this.#services;
    services.sessions.remove(this.id);
    services.gate.release(this.id);
    const { id: session, exchanges, refused } = this;
    services.audit.enqueue({ type: 'session.closed', session, reason: this.#reason, exchanges, refused });
    return true;
  }

  /** Work in flight is cancelled; the connection stays, and its next request is answered 401. */
  #expire(): void {
    if (this.#over.signal.aborted) return;
    this.#reason = 'expired';
    this.#over.abort(new HttpError('ERR_HTTP_CREDENTIAL', 401, 'the token of this session has ended'));
  }

  async #connect(): Promise<Verdict | undefined> {
    const { gate } = this.#services;
    const access = this.#connectAccess();
    const verdict = await gate.fulfil({
      access,
      current: () => this.#connectAccess(),
      verdict: gate.decide(access),
      ask: () => connectAsk(access),
      // It is told at once that people were asked: nothing else can go on before.
      wait: { waitMs: 0 },
    });
    const summary = access.facts.statements[0]?.summary ?? 'connect';
    const request = { account: access.account };
    const [permit] = await gate.admit([{ access, verdict, summary, request, writes: false }]);
    if (permit === undefined) return verdict;
    gate.settle(permit, { status: 'ok', result: { tls: this.start.tls } });
    return undefined;
  }

  #connectAccess(): AccessRequest {
    const { resource, config } = this.start.configured;
    return this.access(connectFacts(resource.name, config.account));
  }

  /** Whoever revoked its credential, or changed a mapping, while it was being opened did not find it to end it. */
  async #stand(): Promise<void> {
    const over = this.#regroup();
    const credential = this.start.who.credential?.id;
    const isValid =
      credential === undefined || (await this.#services.credentials.isValid(credential).catch(() => false));
    if (over === undefined && isValid) return;
    const message = over ?? 'the session credential was revoked or is over';
    throw new HttpError('ERR_HTTP_CREDENTIAL', 401, message);
  }

  /** Takes the groups of the principal as the mapping has them now; why the session is over, or undefined. */
  #regroup(): string | undefined {
    const { gate, audit, currentPrincipal } = this.#services;
    const principal = currentPrincipal(this.#principal);
    if (principal === undefined) return 'the identity provider of your token is no longer trusted here';
    if (principal === this.#principal) return undefined;
    this.#principal = principal;
    const { id, decision } = gate.decide(this.#connectAccess());
    const { rules, policy } = decision;
    // A limit is on how many there may be: this session is one of those that it counts.
    const isOver = decision.effect === 'deny' && decision.cause !== 'limit';
    audit.enqueue({
      type: 'session.regrouped',
      session: this.id,
      groups: principal.groups,
      effect: isOver ? 'deny' : 'permit',
      decision: id,
      rules,
      policy,
    });
    return isOver ? denialText(id, decision).message : undefined;
  }

  #record(): RecordedSession {
    const { who, configured, sourceAddress, hints, version, tls, destination } = this.start;
    const credential = who.credential?.id;
    return {
      session: this.id,
      protocol: 'http',
      principal: this.#principal,
      resource: configured.resource.name,
      account: configured.config.account,
      sourceAddress,
      hints,
      details: {
        protocol: version,
        tls,
        ...(destination === undefined ? {} : placeOf(destination)),
        ...(credential === undefined ? {} : { credential }),
      },
    };
  }

  #live(): Parameters<Services['sessions']['add']>[0] {
    const { who, configured } = this.start;
    const current = (): Principal => this.#principal;
    return {
      id: this.id,
      protocol: 'http',
      get principal() {
        return current();
      },
      credential: who.credential?.id,
      resource: configured.resource.name,
      account: configured.config.account,
      openedMs: this.#services.clock.nowMs(),
      kill: (reason) => this.end(reason),
      regroup: () => {
        const over = this.#regroup();
        if (over !== undefined) this.end(over);
      },
    };
  }
}

function placeOf({ authority, scheme }: Destination): {
  readonly destination: string;
  readonly scheme: string;
} {
  return { destination: `${authority.host}:${authority.port}`, scheme };
}

/** What goes on record before the policy is asked. */
function openingEvents(record: RecordedSession, credential: string | undefined): readonly AuditEvent[] {
  const opened: AuditEvent = { type: 'session.opened', ...record };
  if (credential === undefined) return [opened];
  const { session, sourceAddress } = record;
  return [opened, { type: 'credential.used', credential, session, sourceAddress }];
}
