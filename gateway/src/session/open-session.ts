/** One session: what one principal does on one resource over one client connection. From its opening on record to its end. */
import { randomBytes } from 'node:crypto';
import type { PolicyMasks, Verdict } from '../enforcement/gate.ts';
import { scheduleAt } from '../listener/schedule-at.ts';
import type { AccessRequest } from '../model/access-request.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Facts } from '../model/facts.ts';
import type { GatewayError } from '../model/gateway-error.ts';
import type { JsonObject } from '../model/json.ts';
import type { LiveSession } from '../model/live-session.ts';
import type { MaskObligation } from '../model/obligation.ts';
import type { Principal } from '../model/principal.ts';
import type { RecordedSession, SessionRecording } from '../model/recording.ts';
import type { Resource } from '../model/resource.ts';
import type { ProtocolServices } from '../protocols/protocol.ts';
import { connectAsk, connectFacts } from './connect.ts';
import type { Identified } from './identify.ts';
import { regroup, type Standing, standing } from './standing.ts';

/** What a session is, in whatever protocol. */
export interface SessionSubject {
  readonly protocol: string;
  readonly who: Identified;
  readonly resource: Resource;
  readonly account: string;
  readonly sourceAddress: string;
  readonly hints: Readonly<Record<string, string>>;
  /** What else is on record of its opening. */
  readonly details: RecordedSession['details'];
  /** On record where it may be opened. */
  readonly opened: JsonObject;
  /** Cuts what it has under way, and the connection where nobody else uses it. */
  readonly cut: () => void;
}

/** The errors of a protocol for a session that is over. */
export interface SessionErrors {
  /** It was killed, or nothing can be recorded any more. */
  ended(reason: string): GatewayError;
  /** Its token has ended. */
  expired(): GatewayError;
  /** It may not go on as whom it was opened. */
  credential(message: string): GatewayError;
}

type Services = Omit<ProtocolServices<never>, 'findResource' | 'resources'>;

/** A session; open once `enter` has let it in. Each protocol has a class of it. */
export abstract class OpenSession {
  readonly id: string = `ses_${randomBytes(8).toString('hex')}`;
  recording: SessionRecording | undefined;
  exchanges = 0;
  refused = 0;
  readonly #subject: SessionSubject;
  readonly #errors: SessionErrors;
  readonly #services: Services;
  readonly #over = new AbortController();
  readonly #standing: Standing;
  #inScope: (PolicyMasks & { readonly principal: Principal }) | undefined;
  #reason = 'client-closed';
  #expiry: { clear(): void } | undefined;
  #isFinished = false;

  protected constructor(subject: SessionSubject, errors: SessionErrors, services: Services) {
    this.#subject = subject;
    this.#errors = errors;
    this.#services = services;
    this.#standing = {
      id: this.id,
      principal: subject.who.principal,
      credential: subject.who.credential?.id,
      connectAccess: () => this.#connectAccess(),
    };
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  protected async enter(): Promise<Verdict | undefined> {
    const services = this.#services;
    const record = this.#record();
    await services.audit.append(openingEvents(record, this.#standing.credential));
    try {
      const denied = await this.#connect();
      if (denied !== undefined) {
        this.#reason = 'refused';
        this.#finish();
        return denied;
      }
      this.recording = services.recorder?.open(record, () => this.end('recording-failed'));
      services.sessions.add(this.#live());
      const atMs = this.principal.expiresAtMs + services.timeouts.expiryGraceMs;
      this.#expiry = scheduleAt(atMs, services.clock, () => this.#expire());
      const over = await standing(this.#standing, services);
      if (over !== undefined) throw this.#errors.credential(over);
      return undefined;
    } catch (error) {
      this.#reason = 'refused';
      await this.close();
      throw error;
    }
  }

  /** Aborted with an error of the protocol when nothing more may be done in it: killed, expired, not recorded. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get principal(): Principal {
    return this.#standing.principal;
  }

  /** Whether its token has ended: what begins now is refused, what runs has its grace. */
  get isExpired(): boolean {
    return this.#services.clock.nowMs() >= this.principal.expiresAtMs;
  }

  /** A request of this session, as of now. */
  access(facts: Facts): AccessRequest {
    const { resource, account, sourceAddress, hints } = this.#subject;
    const nowMs = this.#services.clock.nowMs();
    const context = { nowMs, sessionId: this.id, sourceAddress, hints };
    return { principal: this.principal, resource, account, facts, context };
  }

  /** Masks that the policy has for who asks here, whatever is asked. */
  masksInScope(access: AccessRequest): readonly MaskObligation[] {
    const known = this.#inScope?.principal === access.principal ? this.#inScope : undefined;
    const found = this.#services.gate.masksFor(access, known?.policy);
    if (found !== undefined) this.#inScope = { ...found, principal: access.principal };
    return this.#inScope?.masks ?? [];
  }

  /** Ends it at once, and cuts the connection. */
  end(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#reason = reason;
    this.#over.abort(this.#errors.ended(reason));
    this.#subject.cut();
  }

  /** Closes it on record. Idempotent; never rejects. */
  async close(reason?: string): Promise<void> {
    if (reason !== undefined && !this.#over.signal.aborted) this.#reason = reason;
    if (this.#finish()) await this.recording?.close(this.#reason);
  }

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

  /** Work in flight is cancelled; the connection stays, and what the client asks next is told why. */
  #expire(): void {
    if (this.#over.signal.aborted) return;
    this.#reason = 'expired';
    this.#over.abort(this.#errors.expired());
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
    gate.settle(permit, { status: 'ok', result: this.#subject.opened });
    return undefined;
  }

  #connectAccess(): AccessRequest {
    const { resource, account } = this.#subject;
    return this.access(connectFacts(resource.name, account));
  }

  #record(): RecordedSession {
    const { protocol, resource, account, sourceAddress, hints, details } = this.#subject;
    const { principal, credential } = this.#standing;
    return {
      session: this.id,
      protocol,
      principal,
      resource: resource.name,
      account,
      sourceAddress,
      hints,
      details: credential === undefined ? details : { ...details, credential },
    };
  }

  #live(): LiveSession {
    const { protocol, resource, account } = this.#subject;
    const stands = this.#standing;
    return {
      id: this.id,
      protocol,
      get principal() {
        return stands.principal;
      },
      credential: stands.credential,
      resource: resource.name,
      account,
      openedMs: this.#services.clock.nowMs(),
      kill: (reason) => this.end(reason),
      regroup: () => {
        const over = regroup(stands, this.#services);
        if (over !== undefined) this.end(over);
      },
    };
  }
}

/** What goes on record before the policy is asked. */
function openingEvents(record: RecordedSession, credential: string | undefined): readonly AuditEvent[] {
  const opened: AuditEvent = { type: 'session.opened', ...record };
  if (credential === undefined) return [opened];
  const { session, sourceAddress } = record;
  return [opened, { type: 'credential.used', credential, session, sourceAddress }];
}
