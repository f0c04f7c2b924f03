/** One session: what one principal does on one machine over one client connection. From its opening on record to its end. */
import { randomBytes } from 'node:crypto';
import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import { scheduleAt } from '../../listener/schedule-at.ts';
import type { AccessRequest } from '../../model/access-request.ts';
import type { AuditEvent } from '../../model/audit-event.ts';
import type { Facts } from '../../model/facts.ts';
import type { LiveSession } from '../../model/live-session.ts';
import type { Principal } from '../../model/principal.ts';
import type { RecordedSession, SessionRecording } from '../../model/recording.ts';
import type { ConfiguredResource, ProtocolServices } from '../protocol.ts';
import type { SshAccount, SshResourceConfig } from './config.ts';
import type { Identified } from './downstream/identify.ts';
import { SshError } from './errors.ts';
import { connectAsk, connectFacts } from './facts/connect.ts';

/** What a session is opened with. */
export interface SessionStart {
  readonly who: Identified;
  readonly configured: ConfiguredResource<SshResourceConfig>;
  readonly account: SshAccount;
  readonly sourceAddress: string;
  /** Closes the connection of the client. */
  readonly cut: () => void;
}

type Services = ProtocolServices<SshResourceConfig>;

/** A session that is open. */
export class SshSession {
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
  #isFinished = false;

  private constructor(start: SessionStart, services: Services) {
    this.id = `ses_${randomBytes(8).toString('hex')}`;
    this.start = start;
    this.#services = services;
    this.#principal = start.who.principal;
  }

  /** Puts it on record, and asks the policy whether it may be. The verdict where it may not. */
  static async open(start: SessionStart, services: Services): Promise<SshSession | Verdict> {
    const session = new SshSession(start, services);
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

  /** Aborted with an SshError when nothing more may be done in it: killed, expired, not recorded. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** A request of this session, as of now. */
  access(facts: Facts): AccessRequest {
    const { configured, account, sourceAddress } = this.start;
    return {
      principal: this.#principal,
      resource: configured.resource,
      account: account.name,
      facts,
      context: {
        nowMs: this.#services.clock.nowMs(),
        sessionId: this.id,
        sourceAddress,
        hints: this.#hints(),
      },
    };
  }

  /** Whether its token has ended: what begins now is refused, what runs has its grace. */
  get isExpired(): boolean {
    return this.#services.clock.nowMs() >= this.#principal.expiresAtMs;
  }

  /** Ends it, what runs in it, and the connection. */
  end(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#reason = reason;
    this.#over.abort(new SshError('ERR_SSH_SESSION_OVER', `the session was ended: ${reason}`));
    this.start.cut();
  }

  /** Closes it on record. Idempotent; never rejects. */
  async close(): Promise<void> {
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

  /** Work in flight is cancelled; the connection stays, and its next program is told. */
  #expire(): void {
    if (this.#over.signal.aborted) return;
    this.#reason = 'expired';
    this.#over.abort(tokenOver());
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
    gate.settle(permit, { status: 'ok', result: {} });
    return undefined;
  }

  #connectAccess(): AccessRequest {
    const { configured, account } = this.start;
    return this.access(connectFacts(configured.resource.name, account.name));
  }

  /** Whoever revoked its credential, or changed a mapping, while it was being opened did not find it to end it. */
  async #stand(): Promise<void> {
    const over = this.#regroup();
    const credential = this.start.who.credential?.id;
    const isValid =
      credential === undefined || (await this.#services.credentials.isValid(credential).catch(() => false));
    if (over === undefined && isValid) return;
    throw new SshError('ERR_SSH_CREDENTIAL', over ?? 'the session credential was revoked or is over');
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

  #hints(): Readonly<Record<string, string>> {
    const run = this.start.who.credential?.run;
    // Named by who minted the credential, and proved by nothing (P11).
    return run === undefined ? {} : { run };
  }

  #record(): RecordedSession {
    const { who, configured, account, sourceAddress } = this.start;
    const credential = who.credential?.id;
    return {
      session: this.id,
      protocol: 'ssh',
      principal: this.#principal,
      resource: configured.resource.name,
      account: account.name,
      sourceAddress,
      hints: this.#hints(),
      details: { protocol: 'SSH-2.0', ...(credential === undefined ? {} : { credential }) },
    };
  }

  #live(): LiveSession {
    const { who, configured, account } = this.start;
    const current = (): Principal => this.#principal;
    return {
      id: this.id,
      protocol: 'ssh',
      get principal() {
        return current();
      },
      credential: who.credential?.id,
      resource: configured.resource.name,
      account: account.name,
      openedMs: this.#services.clock.nowMs(),
      kill: (reason) => this.end(reason),
      regroup: () => {
        const over = this.#regroup();
        if (over !== undefined) this.end(over);
      },
    };
  }
}

/** What a client is told whose token has ended. */
export function tokenOver(): SshError {
  return new SshError(
    'ERR_SSH_SESSION_OVER',
    'the token of this session has ended; connect again with a fresh one',
  );
}

/** What goes on record before the policy is asked. */
function openingEvents(record: RecordedSession, credential: string | undefined): readonly AuditEvent[] {
  const opened: AuditEvent = { type: 'session.opened', ...record };
  if (credential === undefined) return [opened];
  const { session, sourceAddress } = record;
  return [opened, { type: 'credential.used', credential, session, sourceAddress }];
}
