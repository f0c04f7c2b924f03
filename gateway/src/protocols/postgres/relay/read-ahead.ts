/**
 * What is read of a client while its earlier messages wait for the server: a socket that is not read tells nobody that
 * its client is gone (P12).
 */
const MOST_BYTES = 256 * 1024;
/** What a chunk takes beside its bytes. */
const CHUNK_BYTES = 512;

/** Chunks of one client that wait for their turn, bounded by whoever stops reading when it is full (P10). */
export class ReadAhead {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= MOST_BYTES;
  }

  /** @param waits it may wait long */
  push(chunk: Buffer, waits: boolean): void {
    this.#chunks.push(waits ? alone(chunk) : chunk);
    this.#bytes += chunk.length + CHUNK_BYTES;
  }

  /** The chunk whose turn it is. */
  shift(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#bytes -= chunk.length + CHUNK_BYTES;
    return chunk;
  }
}

/** Memory that it shares with others would be kept with it, uncounted. */
function alone(chunk: Buffer): Buffer {
  if (chunk.buffer.byteLength === chunk.length) return chunk;
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  chunk.copy(copy);
  return copy;
}
