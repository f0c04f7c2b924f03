/**
 * Bounds on a connection that `ssh2` does not have (P10): it writes to a socket that nobody reads, queues without end while a
 * peer does not finish a key exchange, and takes data beyond the window that it gave.
 */
import type { Duplex } from 'node:stream';
import { corkByTick, useLeanCiphers } from './lean-packets.ts';
import type { Channel, Connection } from './ssh2.ts';

/** Unsent bytes of a socket from which on nothing more is read from the peer: answers to requests are bytes as well. */
const UNSENT_BYTES = 1024 * 1024;
/** Unsent bytes from which on nothing more is written: several packets go out at once. */
const READY_BYTES = 256 * 1024;

/** What the peer may do on one connection. */
export class Flow {
  readonly #socket: Duplex;
  readonly #channels = new Set<Channel>();
  readonly #waiting = new Set<() => void>();
  readonly #rekeyMs: number;
  #connection: Connection | undefined;
  #rekeying: NodeJS.Timeout | undefined;
  #isHeld = false;
  #isOver = false;

  /** @param rekeyMs longest time for a key exchange within a connection */
  constructor(socket: Duplex, rekeyMs: number) {
    this.#socket = socket;
    this.#rekeyMs = rekeyMs;
    corkByTick(socket);
    socket.on('drain', () => {
      if (this.#isHeld) socket.resume();
      this.#isHeld = false;
      this.#wakeAll();
    });
    socket.once('close', () => {
      this.#isOver = true;
      clearTimeout(this.#rekeying);
      this.#wakeAll();
    });
  }

  /** The connection that speaks over the socket, once its listener for data is in place. */
  watch(connection: Connection): void {
    this.#connection = connection;
    useLeanCiphers(connection);
    connection.on('handshake', () => {
      clearTimeout(this.#rekeying);
      this.#rekeying = undefined;
      this.#wakeAll();
    });
    this.#socket.on('data', () => this.#look());
  }

  hold(channel: Channel): void {
    this.#channels.add(channel);
    channel.once('close', () => this.#channels.delete(channel));
  }

  /** The connection is closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when more may be written, or the connection is over. */
  async ready(): Promise<void> {
    while (!this.#isOver && (this.#isRekeying() || this.#isFull())) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #isFull(): boolean {
    const { writableNeedDrain, writableLength } = this.#socket;
    return writableNeedDrain && writableLength >= READY_BYTES;
  }

  #isRekeying(): boolean {
    return this.#connection?._protocol._kexinit !== undefined;
  }

  #look(): void {
    for (const { incoming } of this.#channels) {
      if (incoming.window < 0) {
        this.#socket.destroy(new Error('data beyond the window of a channel'));
        return;
      }
    }
    if (this.#isRekeying() && this.#rekeying === undefined) {
      const tooLong = new Error('a key exchange that was not finished in time');
      this.#rekeying = setTimeout(() => this.#socket.destroy(tooLong), this.#rekeyMs).unref();
    }
    if (this.#socket.writableLength > UNSENT_BYTES && !this.#isHeld) {
      this.#isHeld = true;
      this.#socket.pause();
    }
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
