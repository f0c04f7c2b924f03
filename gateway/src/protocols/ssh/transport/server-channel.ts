/** A channel in which a client runs a program (RFC 4254 section 6.5), as far as the relay may use it. */
import type { Writable } from 'node:stream';
import { Chunks } from './chunks.ts';
import type { Flow } from './flow.ts';
import type { ServerChannel as Ssh2Channel } from './ssh2.ts';

/** How a program ended. */
export type Exit = { readonly code: number } | { readonly signal: string; readonly coreDumped: boolean };

/** Below it a client costs a packet for each few bytes; 0 would never end. Real clients have 16 KiB and more. */
const LEAST_PACKET = 1024;
const LINE_FEED = 0x0a;

/** One program's channel. Nothing of it throws or rejects: what is written to a client that has gone, goes nowhere. */
export class ServerChannel {
  /** What the client sends. */
  readonly input: Chunks;
  /** Aborted when the client closes the channel or the connection. */
  readonly gone: AbortSignal;
  /** The client's side is a terminal: lines end with a carriage return as well. */
  readonly isTerminal: boolean;
  readonly #channel: Ssh2Channel;
  readonly #flow: Flow;
  readonly #gone = new AbortController();
  readonly #windows = new Set<() => void>();
  /** The last byte of each stream. */
  readonly #last: { stdout?: number | undefined; stderr?: number | undefined } = {};

  constructor(channel: Ssh2Channel, flow: Flow, isTerminal: boolean) {
    this.#channel = channel;
    this.isTerminal = isTerminal;
    this.#flow = flow;
    this.gone = this.#gone.signal;
    const leave = (): void => {
      if (!this.#gone.signal.aborted) this.#gone.abort();
      this.#wakeAll();
    };
    channel.once('close', leave);
    channel.on('error', leave);
    channel.stderr.on('error', leave);
    flow.hold(channel);
    this.input = new Chunks(channel, this.gone);
  }

  /** Whether the packets that the client takes are large enough to serve it. */
  get isServable(): boolean {
    return this.#channel.outgoing.packetSize >= LEAST_PACKET;
  }

  /** Whether a line of the gateway's own on stderr stands alone: not behind the rest of one that was cut. */
  get isAtLineStart(): boolean {
    const { stdout, stderr } = this.#last;
    const isEnd = (byte: number | undefined): boolean => byte === undefined || byte === LINE_FEED;
    return isEnd(stderr) && (!this.isTerminal || isEnd(stdout));
  }

  /** The connection ended, which channels are not told in every case. */
  leave(): void {
    if (!this.#gone.signal.aborted) this.#gone.abort();
    this.#wakeAll();
  }

  /** Resolves when all of it is on its way: within the window of the client, and no faster than it reads. */
  async write(to: 'stdout' | 'stderr', bytes: Buffer): Promise<void> {
    const stream: Writable = to === 'stdout' ? this.#channel : this.#channel.stderr;
    let at = 0;
    while (at < bytes.length && !this.gone.aborted) {
      await this.#flow.ready();
      const { window } = this.#channel.outgoing;
      if (window <= 0) {
        await this.#windowOpened();
        continue;
      }
      // INVARIANT: never more than the window: what ssh2 holds back itself it repeats, or never sends (two streams, one slot).
      const end = Math.min(bytes.length, at + window);
      if (!this.#try(() => stream.write(bytes.subarray(at, end)))) return;
      at = end;
      this.#last[to] = bytes[end - 1];
    }
  }

  /** Nothing more is written. */
  endOutput(): void {
    this.#try(() => this.#channel.eof());
  }

  /** Closes a channel in which no program ran. Idempotent. */
  close(): void {
    this.#try(() => this.#channel.close());
    this.input.stop();
  }

  /** Tells how the program ended, and closes the channel. */
  finish(exit: Exit): void {
    const channel = this.#channel;
    this.#try(() => {
      if ('code' in exit) channel.exit(exit.code);
      else channel.exit(exit.signal, exit.coreDumped, '');
      channel.eof();
      channel.close();
    });
    this.input.stop();
  }

  #try(action: () => void): boolean {
    if (this.gone.aborted || this.#flow.isOver) return false;
    try {
      action();
      return true;
    } catch {
      this.leave();
      return false;
    }
  }

  #windowOpened(): Promise<void> {
    const channel = this.#channel;
    channel._chunk = undefined;
    channel._chunkErr = undefined;
    channel._chunkcb = () => this.#wakeAll();
    channel._waitWindow = true;
    return new Promise((resolve) => this.#windows.add(resolve));
  }

  #wakeAll(): void {
    const waiting = [...this.#windows];
    this.#windows.clear();
    for (const wake of waiting) wake();
  }
}
