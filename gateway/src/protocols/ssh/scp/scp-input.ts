/** What a client of scp sends, line by line and byte by byte. */
import type { Chunks } from '../transport/chunks.ts';
import { ScpWireError } from './wire/errors.ts';
import { readLine, type ScpLine } from './wire/lines.ts';

const MOST_LINE_BYTES = 1024;
const LINE_END = 10;

/** Reads one client. */
export class ScpInput {
  readonly #chunks: Chunks;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  /** The next line; undefined at the end. Rejects with ScpWireError. */
  async line(): Promise<ScpLine | undefined> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      if (!(await this.#fill())) {
        if (length === 0) return undefined;
        throw ended();
      }
      const at = this.#rest.indexOf(LINE_END);
      const piece = at === -1 ? this.#rest : this.#rest.subarray(0, at);
      length += piece.length;
      if (length > MOST_LINE_BYTES) throw new ScpWireError('ERR_SCP_LINE', 'a line that is too long');
      pieces.push(piece);
      this.#rest = at === -1 ? Buffer.alloc(0) : this.#rest.subarray(at + 1);
      if (at !== -1) return readLine(Buffer.concat(pieces));
    }
  }

  /** Whether the client took what it was sent; why not. Undefined at the end. */
  async answer(): Promise<{ readonly isOk: boolean; readonly isFatal: boolean } | undefined> {
    if (!(await this.#fill())) return undefined;
    const first = this.#rest[0] ?? 0;
    if (first === 0) {
      this.#rest = this.#rest.subarray(1);
      return { isOk: true, isFatal: false };
    }
    if (first !== 1 && first !== 2) throw new ScpWireError('ERR_SCP_LINE', 'an answer that is none');
    const line = await this.line();
    return { isOk: false, isFatal: line?.kind !== 'error' || line.isFatal };
  }

  /** The next bytes of a file, `most` of them at most. Rejects with ScpWireError at the end. */
  async bytes(most: number): Promise<Buffer> {
    if (!(await this.#fill())) throw ended();
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const chunk = await this.#chunks.next();
      if (chunk === undefined) return false;
      this.#rest = chunk;
    }
    return true;
  }
}

function ended(): ScpWireError {
  return new ScpWireError('ERR_SCP_ENDED', 'the client ended within a message');
}
