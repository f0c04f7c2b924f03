/** A file that is open: what passes under one permit, counted, hashed and bounded until it is closed. */
import { createHash, type Hash } from 'node:crypto';
import type { Gate, Outcome } from '../../../enforcement/gate.ts';
import { exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonObject } from '../../../model/json.ts';
import { SshError } from '../errors.ts';
import { denialOf } from '../refusal.ts';
import { OutputLimits } from '../relay/output-limits.ts';
import type { Allowed, FileWork } from './file-work.ts';
import { AROUND_BYTES } from './read-data.ts';

/** What it was opened for. */
export interface OpenedFor {
  readonly reads: boolean;
  readonly writes: boolean;
}

/** Judged anew after so long, in milliseconds: rules have times, and runs are stopped. */
const JUDGED_MS = 1_000;

/** What passes one way: a hash as long as each piece begins where the last one ended. */
class Passed {
  bytes = 0;
  #from = 0;
  #next: number | undefined;
  #isWhole = true;
  #hash: Hash | undefined;

  take(data: Buffer, offset: number): void {
    if (this.#next === undefined) this.#from = offset;
    else if (offset !== this.#next) this.#isWhole = false;
    this.bytes += data.length;
    this.#next = offset + data.length;
    if (!this.#isWhole) return;
    this.#hash ??= createHash('sha256');
    this.#hash.update(data);
  }

  /** With the hash of what passed, from which byte of the file on; without one where pieces passed in another order. */
  result(): JsonObject {
    const hash = this.#hash ?? createHash('sha256');
    return {
      bytes: this.bytes,
      ...(this.#from === 0 ? {} : { from: this.#from }),
      ...(this.#isWhole ? { sha256: hash.digest('hex') } : {}),
    };
  }
}

/** An open file of the machine. */
export class OpenFile {
  readonly permit: Permit;
  /** The machine's handle. */
  readonly remote: Buffer;
  /** Canonical. */
  readonly path: string;
  readonly openedFor: OpenedFor;
  readonly #found = new Map<string, number>();
  #tail: Buffer = Buffer.alloc(0);
  readonly #allowed: Allowed;
  readonly #work: FileWork;
  readonly #gate: Gate;
  readonly #limits: OutputLimits;
  readonly #read = new Passed();
  readonly #written = new Passed();
  #failedWrites = 0;
  #sawEnd = false;
  #isSettled = false;
  #judgedMs: number;
  #policy: Parameters<Gate['masksFor']>[1];
  #stopped: Error | undefined;

  constructor(
    allowed: Allowed,
    work: FileWork,
    { remote, openedFor }: { remote: Buffer; openedFor: OpenedFor },
  ) {
    this.permit = allowed.permit;
    this.remote = remote;
    this.path = allowed.places[0]?.path ?? '';
    this.openedFor = openedFor;
    this.#allowed = allowed;
    this.#work = work;
    this.#gate = work.gate;
    this.#judgedMs = performance.now();
    this.#policy = this.#gate.masksFor(allowed.access, undefined)?.policy;
    this.#limits = new OutputLimits(exchangeLimits(allowed.obligations), allowed.permit.decision, 'transfer');
    this.#limits.start((error) => {
      this.#stopped ??= error;
    });
  }

  /** Why nothing more may pass; undefined where it may. Asked for each piece of data (P8). */
  stopped(): Error | undefined {
    if (this.#stopped !== undefined) return this.#stopped;
    const { session } = this.#work;
    if (session.over.aborted) return session.over.reason as Error;
    const isNew = this.#gate.masksFor(this.#allowed.access, this.#policy);
    const now = performance.now();
    if (isNew === undefined && now - this.#judgedMs < JUDGED_MS) return undefined;
    this.#judgedMs = now;
    if (isNew !== undefined) this.#policy = isNew.policy;
    const verdict = this.#gate.decide(session.access(this.#allowed.access.facts), undefined, true);
    if (verdict.decision.effect === 'deny') {
      this.#stopped = new SshError('ERR_SSH_DENIED', denialOf(verdict).text);
    }
    return this.#stopped;
  }

  /** Data that is about to be delivered; why it may not be. */
  takeRead(data: Buffer, offset: number): Error | undefined {
    const exceeded = this.#limits.take(data.length);
    if (exceeded !== undefined) {
      this.#stopped ??= exceeded;
      return exceeded;
    }
    this.#read.take(data, offset);
    return undefined;
  }

  /** Data that is about to be sent; why it may not be. */
  takeWrite(data: Buffer, offset: number): Error | undefined {
    const exceeded = this.#limits.take(data.length);
    if (exceeded !== undefined) {
      this.#stopped ??= exceeded;
      return exceeded;
    }
    this.#notice(data);
    this.#written.take(data, offset);
    return undefined;
  }

  /** What is read is looked through before it is handed out. */
  get isScanned(): boolean {
    return this.#allowed.masks?.scanner !== undefined;
  }

  /** Looks through a window of the file; why the bytes from `start` to `end` of it may not be handed out. The file is dead then. */
  scan(window: Buffer, start: number, end: number): Error | undefined {
    const spans = this.#allowed.masks?.scanner?.scanBytes(window) ?? [];
    const hits = spans.filter((span) => span.start < end && span.end > start);
    if (hits.length === 0) return undefined;
    this.#count(hits.map(({ detector }) => detector));
    const names = [...new Set(hits.map(({ detector }) => detector))].join(', ');
    const rules = this.#allowed.obligations.flatMap(({ kind, rule }) => (kind === 'mask' ? [rule] : []));
    const message = `POLICY_DENIED [${this.permit.decision}] the file holds what must not leave (${names}), by rule ${rules.join(', ').slice(0, 80)}. Do not retry it.`;
    this.#stopped ??= new SshError('ERR_SSH_FOUND', message);
    return this.#stopped;
  }

  /** What is written is looked through as it passes, and only counted: masks are of what is read. */
  #notice(data: Buffer): void {
    const scanner = this.#allowed.masks?.scanner;
    if (scanner === undefined) return;
    const window = Buffer.concat([this.#tail, data]);
    const spans = scanner.scanBytes(window) ?? [];
    // What lies whole in the tail was counted before.
    this.#count(spans.flatMap(({ end, detector }) => (end > this.#tail.length ? [detector] : [])));
    this.#tail = Buffer.from(window.subarray(-AROUND_BYTES));
  }

  #count(detectors: readonly string[]): void {
    for (const detector of detectors) this.#found.set(detector, (this.#found.get(detector) ?? 0) + 1);
  }

  writeFailed(): void {
    this.#failedWrites += 1;
  }

  endSeen(): void {
    this.#sawEnd = true;
  }

  /** On record. Idempotent. */
  settle(status: Outcome['status'] = 'ok'): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#limits.stop();
    const { reads, writes } = this.openedFor;
    const code = this.#stopped instanceof SshError ? { code: this.#stopped.code } : {};
    this.#gate.settle(this.permit, {
      status: this.#stopped === undefined ? status : 'cancelled',
      result: {
        ...(reads ? { read: { ...this.#read.result(), toEnd: this.#sawEnd } } : {}),
        ...(writes ? { written: this.#written.result() } : {}),
        ...(this.#found.size === 0 ? {} : { found: Object.fromEntries(this.#found) }),
        ...(this.#failedWrites === 0 ? {} : { failedWrites: this.#failedWrites }),
        ...code,
      },
    });
  }
}
