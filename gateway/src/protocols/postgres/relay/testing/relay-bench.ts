/** One session with both peers in memory: the real gate, judge and relay; the disk, the clock and the policy are the test's. */
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createGate } from '../../../../enforcement/gate.ts';
import { createUsage } from '../../../../enforcement/limits/usage.ts';
import type { AccessRequest } from '../../../../model/access-request.ts';
import type { Decision } from '../../../../model/decision.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import { createLog } from '../../../../telemetry/log.ts';
import type { SessionMasks } from '../../exchange-masks.ts';
import { Judge } from '../../facts/judge.ts';
import { SessionState } from '../../facts/session-state.ts';
import { StatementReader } from '../../facts/statement-reader.ts';
import type { UpstreamConnection } from '../../upstream.ts';
import { decodeParameterStatus } from '../../wire/backend/parameter-status.ts';
import { createSessionNames } from '../effects.ts';
import { SharedNameBudget } from '../name-budget.ts';
import { Relay } from '../relay.ts';
import type { MemoryApprovals } from './memory-approvals.ts';
import { MemoryAudit } from './memory-audit.ts';
import type { MemoryRecording } from './memory-recording.ts';
import { MessageLines } from './message-lines.ts';
import { BACKEND_TELLERS, FRONTEND_TELLERS } from './tellers.ts';

/** The policy of the bench: labels of atoms that are refused. */
export type Refuses = (label: string) => boolean;

/** What the policy of the bench obliges to, by the label of an atom. */
export type Obliges = (label: string) => readonly Obligation[];

/** Options of {@link startRelayBench}. */
export interface RelayBenchOptions {
  readonly refuses?: Refuses;
  readonly obliges?: Obliges;
  readonly mode?: 'enforce' | 'observe';
  readonly approvals?: MemoryApprovals;
  readonly recording?: MemoryRecording;
  /** Masks of the session; what the policy obliges to is masked by them. */
  readonly masks?: SessionMasks;
  /** What becomes of a cancel; the default does nothing. */
  readonly onCancel?: () => Promise<void>;
}

/** A side of the conversation, as the test plays it. */
export class Peer {
  readonly stream: Duplex;
  readonly #lines: MessageLines;
  isEnded = false;

  constructor(stream: Duplex, lines: MessageLines) {
    this.stream = stream;
    this.#lines = lines;
    stream.on('data', (chunk: Buffer) => this.#lines.push(chunk));
    stream.on('end', () => {
      this.isEnded = true;
    });
    stream.on('error', () => undefined);
  }

  /** Sends all pieces as one chunk. */
  send(...pieces: readonly Uint8Array[]): void {
    this.stream.write(Buffer.concat(pieces));
  }

  /** What came since the last call, one line a message. */
  take(): readonly string[] {
    return this.#lines.take();
  }

  get receivedBytes(): number {
    return this.#lines.bytes;
  }

  /** Stops reading. */
  pause(): void {
    this.stream.pause();
  }
}

/** The bench. */
export interface RelayBench {
  readonly client: Peer;
  readonly server: Peer;
  /** The relay's own end of the server connection. */
  readonly upstream: Duplex;
  readonly audit: MemoryAudit;
  readonly relay: Relay;
  /** Lines of the operational log. */
  readonly log: readonly string[];
  nowMs: number;
  expiresAtMs: number;
  /** Replaces the policy for the next decision. */
  setPolicy(refuses: Refuses): void;
  setObligations(obliges: Obliges): void;
  /** How often the work upstream was cancelled. */
  readonly cancels: number;
  /** Lets everything happen that can without the test doing more. */
  settled(): Promise<void>;
}

const readers = new Map<number, Promise<StatementReader>>();

/** Starts a session that is logged in; `refuses` is the policy until it is replaced. */
export async function startRelayBench(options: RelayBenchOptions = {}): Promise<RelayBench> {
  const reader = await (readers.get(18) ?? readerOf(18));
  const [clientEnd, clientSide] = duplexPair();
  const [serverEnd, serverSide] = duplexPair();
  const audit = new MemoryAudit();
  let refuses: Refuses = options.refuses ?? (() => false);
  let obliges: Obliges = options.obliges ?? (() => []);
  const log: string[] = [];
  let cancels = 0;
  const clock = { nowMs: () => bench.nowMs };
  const gate = createGate({
    engine: () => ({
      version: { hash: 'test' },
      decide: (request) => decide(request, refuses, obliges),
      masksFor: (request) => obligationsOf(request, obliges).filter((one) => one.kind === 'mask'),
      filtersFor: () => [],
    }),
    audit,
    clock,
    obligations: KINDS.map((kind) => ({ kind, canFulfil: () => true })),
    usage: createUsage({ clock }),
    approvals: options.approvals,
  });
  const subject = { ...SUBJECT, resource: { ...SUBJECT.resource, mode: options.mode ?? 'enforce' } };
  const names = createSessionNames(new SharedNameBudget());
  const state = new SessionState(['public'], 'app');
  const judge = new Judge(subject, { gate, clock, state, reader, names, database: 'shop' });
  const relay = new Relay({
    client: clientSide,
    upstream: upstreamOf(serverSide, async () => {
      cancels += 1;
      await options.onCancel?.();
    }),
    gate,
    judge,
    names,
    log: createLog('debug', (line) => log.push(line), clock.nowMs),
    maxMessageBytes: 1 << 20,
    masks: options.masks,
    recording: options.recording,
    isExpired: () => bench.nowMs >= bench.expiresAtMs,
    onParameter: (bytes, start, end) => {
      const { name, value } = decodeParameterStatus(bytes, start, end);
      judge.noteParameter(name, value);
    },
  });
  const bench: RelayBench = {
    client: new Peer(clientEnd, new MessageLines(BACKEND_TELLERS)),
    server: new Peer(serverEnd, new MessageLines(FRONTEND_TELLERS)),
    upstream: serverSide,
    audit,
    relay,
    log,
    nowMs: 1_000_000,
    expiresAtMs: Number.POSITIVE_INFINITY,
    setPolicy(next) {
      refuses = next;
    },
    setObligations(next) {
      obliges = next;
    },
    get cancels() {
      return cancels;
    },
    async settled() {
      // Longer than any chain of callbacks between the two ends; nothing here waits for time.
      for (let i = 0; i < 30; i += 1) await turn();
    },
  };
  if (options.recording !== undefined) options.recording.onFailed = (error) => relay.recordingFailed(error);
  relay.start();
  return bench;
}

function readerOf(major: number): Promise<StatementReader> {
  const reader = StatementReader.create(major);
  readers.set(major, reader);
  return reader;
}

const SUBJECT = {
  id: 'ses_0123456789abcdef',
  principal: {
    issuer: 'https://issuer.example',
    subject: 'agent',
    groups: ['agents'],
    delegation: [],
    tokenDigest: '0'.repeat(32),
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  },
  resource: { name: 'shop', protocol: 'postgres', labels: {}, mode: 'enforce' as const },
  account: 'app',
  sourceAddress: '127.0.0.1',
  hints: {},
};

const KINDS = ['mask', 'approval', 'limits'] as const;

/** Each once, as the policy gives them: what is made of an obligation is kept with it. */
function obligationsOf(request: AccessRequest, obliges: Obliges): readonly Obligation[] {
  const atoms = request.facts.statements.flatMap((statement) => statement.atoms);
  return [...new Set(atoms.flatMap(({ label }) => obliges(label)))];
}

function decide(request: AccessRequest, refuses: Refuses, obliges: Obliges): Decision {
  const common = { rules: ['bench'], observed: [], policy: { hash: 'test' } };
  const atoms = request.facts.statements.flatMap((statement) => statement.atoms);
  const opaque = request.facts.statements.flatMap((statement) => statement.opaque);
  const refused = atoms.find((atom) => refuses(atom.label));
  if (refused === undefined && opaque.length === 0)
    return { ...common, effect: 'permit', obligations: obligationsOf(request, obliges) };
  return {
    ...common,
    effect: 'deny',
    cause: 'rule',
    subject: refused?.label ?? opaque[0] ?? '',
    alternatives: [],
  };
}

const NOT_TOO_MANY = { functions: false, operators: false, rowFunctions: false, added: false };

function upstreamOf(stream: Duplex, cancel: () => Promise<void>): UpstreamConnection {
  return {
    // The relay uses what a Duplex has.
    socket: stream as UpstreamConnection['socket'],
    routines: {
      functions: new Map(),
      operators: new Map(),
      rowFunctions: new Map(),
      added: new Set(),
      columns: new Set(),
      tooMany: NOT_TOO_MANY,
    },
    leftover: Buffer.alloc(0),
    parameters: new Map(),
    cancelKey: { processId: 1, secretKey: Buffer.alloc(4) },
    serverVersion: 180_000,
    protocolMinor: 0,
    method: 'trust',
    tls: undefined,
    notices: [],
    cancel,
  };
}
