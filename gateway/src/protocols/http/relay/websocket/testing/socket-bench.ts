/** A WebSocket in memory: a client and a service that write bytes, a real gate with a real policy between them. */
import { type Duplex, duplexPair } from 'node:stream';
import { createGate } from '../../../../../enforcement/gate.ts';
import { createUsage } from '../../../../../enforcement/limits/usage.ts';
import { createApprovalFulfiller } from '../../../../../enforcement/obligations/approval.ts';
import { createLimitsFulfiller } from '../../../../../enforcement/obligations/limits.ts';
import { createMaskFulfiller } from '../../../../../enforcement/obligations/mask.ts';
import type { Outcome } from '../../../../../enforcement/verdict.ts';
import type { AccessRequest } from '../../../../../model/access-request.ts';
import type { Approvals } from '../../../../../model/approval.ts';
import type { AuditEvent } from '../../../../../model/audit-event.ts';
import type { PolicyEngine } from '../../../../../model/decision.ts';
import type { GatewayError } from '../../../../../model/gateway-error.ts';
import type { RecordedBytes, SessionRecording } from '../../../../../model/recording.ts';
import { compilePathPattern } from '../../../../../names/path-pattern.ts';
import { compilePolicy } from '../../../../../policy/compile.ts';
import { formatDiagnostic } from '../../../../../policy/errors.ts';
import { ChunkSource } from '../../../chunk-source.ts';
import { httpFamily } from '../../../facts/facts-family.ts';
import { type HttpFactsOptions, httpFacts } from '../../../facts/http-facts.ts';
import { readRequest } from '../../../facts/request-form.ts';
import { TOOLS } from '../../../masking/testing/drive.ts';
import { StreamPeer } from '../../../socket-peer.ts';
import { encodeClose, encodeFrame } from '../../../wire/websocket/encode-frame.ts';
import { type ClosePart, type WebSocketPart, WebSocketReader } from '../../../wire/websocket/frame-reader.ts';
import { Opcode } from '../../../wire/websocket/opcode.ts';
import { openSocket, type SocketOpening } from '../open-socket.ts';

/** What a bench is opened with. */
export interface SocketBenchOptions {
  /** Rules of a policy, as a YAML list. */
  readonly rules: string;
  readonly target?: string;
  readonly protocol?: string;
  readonly graphql?: readonly string[];
  readonly jsonRpc?: readonly string[];
  readonly inspectionBytes?: number;
  readonly told?: SocketOpening['told'];
  readonly idleMs?: number;
  /** `false`: the side takes nothing of what comes. */
  readonly reads?: { readonly client?: boolean; readonly service?: boolean };
  readonly approvals?: Approvals;
  readonly recording?: SessionRecording;
}

/** A message that came to a side. */
export interface Came {
  readonly isText: boolean;
  readonly text: string;
  /** Frames, as far as slices tell. */
  readonly pieces: number;
}

/** What one side of the bench has got. */
export class BenchSide {
  readonly messages: Came[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  closed: ClosePart | undefined;
  isOver = false;
  /** Of a message that is not over, a character a byte. */
  partial = '';
  #pieces = 0;
  readonly stream: Duplex;
  readonly #isClient: boolean;
  #changed = Promise.withResolvers<void>();

  constructor(stream: Duplex, isClient: boolean, isReading = true) {
    this.stream = stream;
    this.#isClient = isClient;
    stream.on('error', () => undefined);
    if (!isReading) return;
    this.#read(new WebSocketReader({ source: isClient ? 'upstream' : 'downstream', maxMessageBytes: 1e9 }));
  }

  raw(bytes: Buffer): void {
    this.stream.write(bytes);
  }

  frame(opcode: number, payload: string | Buffer, isFinal = true): void {
    const key = this.#isClient ? Buffer.from([1, 2, 3, 4]) : undefined;
    this.raw(encodeFrame({ opcode, isFinal, payload: Buffer.from(payload), key }));
  }

  text(text: string): void {
    this.frame(Opcode.Text, text);
  }

  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  close(code: number | undefined, reason = ''): void {
    this.raw(encodeClose(code, reason, this.#isClient ? Buffer.from([9, 8, 7, 6]) : undefined));
  }

  /** Resolves as soon as it holds of what came. */
  async until(holds: (side: BenchSide) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.isOver) throw new Error('the side has ended before');
      await this.#changed.promise;
    }
  }

  #read(reader: WebSocketReader): void {
    this.stream.on('data', (chunk: Buffer) => {
      reader.push(Buffer.from(chunk));
      for (let part = reader.next(); part !== undefined; part = reader.next()) this.#take(part);
      this.#tell();
    });
    const over = (): void => {
      this.isOver = true;
      this.#tell();
    };
    this.stream.on('end', () => {
      this.stream.end();
      over();
    });
    this.stream.on('close', over);
  }

  #take(part: WebSocketPart): void {
    switch (part.kind) {
      case 'ping':
        this.pings.push(part.payload.toString());
        return;
      case 'pong':
        this.pongs.push(part.payload.toString());
        return;
      case 'close':
        this.closed = part;
        return;
      case 'data': {
        this.partial += part.bytes.toString('latin1', part.start, part.end);
        this.#pieces += 1;
        if (!part.last) return;
        const text = Buffer.from(this.partial, 'latin1').toString();
        this.messages.push({ isText: part.isText, text, pieces: this.#pieces });
        this.partial = '';
        this.#pieces = 0;
      }
    }
  }

  #tell(): void {
    const before = this.#changed;
    this.#changed = Promise.withResolvers();
    before.resolve();
  }
}

/** A WebSocket under way. */
export interface SocketBench {
  readonly client: BenchSide;
  readonly service: BenchSide;
  readonly outcome: Promise<Outcome>;
  readonly events: AuditEvent[];
  /** Exchanges and refusals, as a session counts them. */
  readonly session: { exchanges: number; refused: number };
  /** Set `fails` to have nothing put on file any more. */
  readonly audit: { fails: boolean };
  setRules(rules: string): void;
  /** Resolves when what is under way has gone as far as it can without waiting. */
  settled(): Promise<void>;
  readonly over: AbortController;
  readonly draining: AbortController;
}

const VERSION = { hash: 'test' };

function engineOf(rules: string): PolicyEngine {
  const text = `apiVersion: sallyport.dev/v1\nrules:\n${rules}`;
  const compiled = compilePolicy([{ path: 'p.yaml', text }], {
    families: [httpFamily],
    presets: [],
    detectors: ['word'],
    version: VERSION,
  });
  if (!compiled.ok) throw new Error(compiled.errors.map(formatDiagnostic).join('\n'));
  return compiled.engine;
}

/** Opens one. The handshake is taken for permitted where the rules permit it; otherwise it throws. */
export async function startSocketBench(options: SocketBenchOptions): Promise<SocketBench> {
  const events: AuditEvent[] = [];
  const audit = { fails: false };
  let engine = engineOf(options.rules);
  const clock = { nowMs: () => 1_000 };
  const gate = createGate({
    engine: () => engine,
    audit: {
      append: (more) => {
        if (audit.fails) return Promise.reject(new Error('no space'));
        events.push(...more);
        return Promise.resolve();
      },
      enqueue: (event) => void events.push(event),
    },
    clock,
    obligations: [
      createMaskFulfiller(new Set(['http'])),
      createLimitsFulfiller({ metered: new Set(), rowless: new Set(['http']) }),
      createApprovalFulfiller(new Set(['http'])),
    ],
    usage: createUsage({ clock }),
    approvals: options.approvals,
  });
  const [clientEnd, clientOuter] = duplexPair();
  const [serviceEnd, serviceOuter] = duplexPair();
  for (const stream of [clientEnd, serviceEnd]) stream.on('error', () => undefined);
  const session = {
    exchanges: 0,
    refused: 0,
    recording: options.recording,
    principal: PRINCIPAL,
    start: { configured: { resource: RESOURCE, config: { account: 'service', url: 'http://service' } } },
    access: (facts: AccessRequest['facts']): AccessRequest => ({
      principal: PRINCIPAL,
      resource: RESOURCE,
      account: 'service',
      facts,
      context: { nowMs: 1_000, sessionId: 'ses_test', sourceAddress: '127.0.0.1', hints: {} },
    }),
  };
  const factsOptions = optionsOf(options);
  const { protocol } = options;
  const form = readRequest(
    {
      method: 'GET',
      target: options.target ?? '/live',
      scheme: 'https',
      authority: 'api.example.com',
      fields: [],
      webSocket: { protocols: protocol === undefined ? [] : [protocol] },
    },
    factsOptions,
  );
  if (!form.ok) throw new Error(form.reason);
  const { facts } = httpFacts(form.value, undefined, factsOptions);
  const access = session.access(facts);
  const verdict = gate.decide(access);
  const summary = 'WebSocket';
  const [permit] = await gate.admit(
    [{ access, verdict, summary, request: {}, writes: false }],
    options.recording,
  );
  if (permit === undefined || verdict.decision.effect === 'deny') throw new Error('the handshake is denied');
  const over = new AbortController();
  const draining = new AbortController();
  const gone = new AbortController();
  clientEnd.once('end', () => gone.abort());
  clientEnd.once('close', () => gone.abort());
  const peer = (stream: Duplex): StreamPeer =>
    new StreamPeer(stream, new ChunkSource(stream), { rest: Buffer.alloc(0), writeTimeoutMs: 5_000 });
  const idleMs = options.idleMs ?? 60_000;
  const outcome = openSocket({
    gate,
    session: session as unknown as SocketOpening['session'],
    tools: TOOLS,
    permit,
    obligations: verdict.decision.obligations,
    opening: { facts, summary },
    socket: { form: form.value, options: factsOptions, protocol },
    client: peer(clientEnd),
    service: peer(serviceEnd),
    over: over.signal,
    gone: gone.signal,
    draining: draining.signal,
    clientIdleMs: idleMs,
    serviceIdleMs: idleMs,
    inspectionBytes: options.inspectionBytes ?? 1_000,
    told: options.told ?? 'close',
  });
  return {
    client: new BenchSide(clientOuter, true, options.reads?.client),
    service: new BenchSide(serviceOuter, false, options.reads?.service),
    outcome,
    events,
    session,
    audit,
    setRules: (rules) => {
      engine = engineOf(rules);
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    over,
    draining,
  };
}

const PRINCIPAL: AccessRequest['principal'] = {
  issuer: 'https://idp.example',
  subject: 'alice',
  groups: [],
  delegation: [],
  tokenDigest: '00',
  expiresAtMs: 1e15,
};
const RESOURCE: AccessRequest['resource'] = { name: 'api', protocol: 'http', labels: {}, mode: 'enforce' };

function optionsOf({ graphql = [], jsonRpc = [] }: SocketBenchOptions): HttpFactsOptions {
  const patterns = (texts: readonly string[]): HttpFactsOptions['graphql'] =>
    texts.map(compilePathPattern).filter((pattern) => pattern !== undefined);
  return {
    encodedSlash: 'refuse',
    methodOverride: 'refuse',
    graphql: patterns(graphql),
    jsonRpc: patterns(jsonRpc),
  };
}

/** A recording in memory. */
export class BenchRecording implements SessionRecording {
  failed: GatewayError | undefined;
  #caughtUp: Promise<void> | undefined;
  readonly requests: object[] = [];
  /** Bytes by `<exchange> <kind>`, a character a byte. */
  readonly bytes: Map<string, string> = new Map();

  begin(request: object): number {
    return this.requests.push(request);
  }

  data(
    exchange: number,
    bytes: Buffer,
    start: number,
    end: number,
    kind: RecordedBytes = 'response',
  ): boolean {
    const key = `${exchange} ${kind}`;
    this.bytes.set(key, (this.bytes.get(key) ?? '') + bytes.toString('latin1', start, end));
    return this.failed === undefined && this.#caughtUp === undefined;
  }

  /** The disk does not keep up from now on, until what comes back is called. */
  fallBehind(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#caughtUp = promise;
    return () => {
      this.#caughtUp = undefined;
      resolve();
    };
  }

  end(): void {}

  unbounded(): void {}

  note(): void {}

  flush(): void {}

  whenDrained(): Promise<void> {
    return this.#caughtUp ?? Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
