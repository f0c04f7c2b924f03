/**
 * Reads a socket without memory of its own for each chunk. Node gives every read 64 KiB outside of the heap, which costs more
 * than a short message itself; `onread` of `net.connect` avoids that, but only for connections that are opened with it. What it
 * sets is set here on a socket that is open already. Where Node does not have it, the socket is left to its `data` events.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Read with one system call; also what Node reads at most. */
const READ_BYTES = 64 * 1024;
/** A chunk below is copied: cheaper than memory of its socket's own. */
const SMALL_BYTES = 4 * 1024;

/**
 * Takes a chunk. True when it is in use beyond the call: the next one then comes in other memory. Otherwise the same
 * memory is written to again.
 */
export type TakeChunk = (chunk: Buffer) => boolean;

/** Small chunks of all sockets come through this one; each is copied before another can be read. */
const shared: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Properties of a socket that `onread` sets. */
interface Slots {
  readonly buffer: symbol;
  readonly take: symbol;
  readonly next: symbol;
}

/** A socket as Node's own code sees it. */
interface Inner {
  [slot: symbol]: unknown;
  readonly _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null;
}

const slots = findSlots();

/**
 * Hands what comes on `socket` to `take`, from now on; flow, end and errors stay those of a stream.
 * @returns leaves the socket to its `data` events again
 */
export function takeChunks(socket: Duplex, take: TakeChunk): () => void {
  const reader = readInPlace(socket, take);
  if (reader !== undefined) {
    // As a listener of `data` would.
    if (socket.readableFlowing !== false) socket.resume();
    return () => reader.release();
  }
  socket.on('data', take);
  return () => socket.off('data', take);
}

/** Undefined when that cannot be: nothing was changed then. */
function readInPlace(socket: Duplex, take: TakeChunk): ChunkReader | undefined {
  if (slots === undefined || !(socket instanceof Socket) || socket instanceof TLSSocket) return undefined;
  const inner = socket as unknown as Inner;
  if (typeof inner._handle?.useUserBuffer !== 'function' || socket.readableLength > 0) return undefined;
  const reader = new ChunkReader(socket, take);
  inner[slots.buffer] = shared;
  inner[slots.take] = (length: number): boolean => reader.read(length);
  inner[slots.next] = (): Buffer | undefined => reader.next();
  inner._handle.useUserBuffer(shared);
  return reader;
}

/** One socket's chunks. */
class ChunkReader {
  readonly #socket: Socket;
  #take: TakeChunk | undefined;
  /** What is read into now. */
  #buffer: Buffer = shared;
  #next: Buffer | undefined;

  constructor(socket: Socket, take: TakeChunk) {
    this.#socket = socket;
    this.#take = take;
  }

  /** What comes from now on goes the way of a stream. */
  release(): void {
    this.#take = undefined;
  }

  /** `length` bytes have come; false when no more are wanted for now. */
  read(length: number): boolean {
    const buffer = this.#buffer;
    if (this.#take === undefined || buffer === shared || length < SMALL_BYTES) {
      const chunk = Buffer.allocUnsafe(length);
      buffer.copy(chunk, 0, 0, length);
      if (this.#take === undefined) return this.#socket.push(chunk);
      this.#choose(length < SMALL_BYTES ? shared : Buffer.allocUnsafeSlow(READ_BYTES));
      this.#take(chunk);
    } else {
      const isKept = this.#take(length === buffer.length ? buffer : buffer.subarray(0, length));
      if (isKept) this.#choose(Buffer.allocUnsafeSlow(READ_BYTES));
    }
    return true;
  }

  /** What to read into from now on, where it changes. */
  next(): Buffer | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }

  #choose(buffer: Buffer): void {
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#next = buffer;
  }
}

/** They have no names but those of their symbols; a socket that is opened with `onread` shows them. */
function findSlots(): Slots | undefined {
  const probe = new Socket({ onread: { buffer: shared, callback: () => true } } as object);
  const symbols = Object.getOwnPropertySymbols(probe);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, take, next] = [named('kBuffer'), named('kBufferCb'), named('kBufferGen')];
  if (buffer === undefined || take === undefined || next === undefined) return undefined;
  const inner = probe as unknown as Inner;
  return inner[buffer] === shared && inner[next] === null ? { buffer, take, next } : undefined;
}
