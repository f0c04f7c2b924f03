/** Content codings undone (RFC 9110 section 8.4, RFC 8878), in bounded memory. */
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { type HttpMaskError, httpMaskError } from '../masking/errors.ts';
import { ZSTD_OPTIONS } from './codings.ts';

/** Takes decoded bytes; nothing more is decoded before it resolved. */
export type DecodedSink = (bytes: Buffer) => Promise<void>;

type Decompressor = ReturnType<typeof createGunzip>;

/** Codings that can be undone. */
const DECODERS: Readonly<Record<string, (first: number) => Decompressor>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  // Some servers leave the zlib header out, and clients take both.
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(ZSTD_OPTIONS) as unknown as Decompressor,
};

/** From here on what comes out is compared with what came in. */
const FREE_BYTES = 16 * 1024 * 1024;
/** Text compresses to a tenth, tables of one value to a hundredth. */
const MOST_RATIO = 200;

/** Whether a coding can be undone. */
export function isKnownCoding(coding: string): boolean {
  return Object.hasOwn(DECODERS, coding);
}

/** Undoes one coding of one body. */
export class ContentDecoder {
  readonly #make: (first: number) => Decompressor;
  #stream: Decompressor | undefined;
  #failure: Error | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  /** @param coding one that {@link isKnownCoding} knows */
  constructor(coding: string) {
    const make = DECODERS[coding];
    if (make === undefined) throw broken();
    this.#make = make;
  }

  /** Decodes a chunk. */
  async push(chunk: Buffer, sink: DecodedSink): Promise<void> {
    if (chunk.length === 0) return;
    if (this.#isEnded) throw broken();
    this.#bytesIn += chunk.length;
    const stream = this.#stream ?? this.#open(chunk[0] ?? 0);
    let isTaken = false;
    stream.write(chunk, () => {
      isTaken = true;
      this.#notify();
    });
    await this.#drain(stream, sink, () => isTaken);
  }

  /** The body is complete. */
  async end(sink: DecodedSink): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.end();
    await this.#drain(stream, sink, () => this.#isEnded);
  }

  /** Frees what it holds. */
  close(): void {
    this.#failure ??= broken();
    this.#stream?.destroy();
    this.#notify();
  }

  #open(first: number): Decompressor {
    const stream = this.#make(first);
    this.#stream = stream;
    stream.on('readable', () => this.#notify());
    stream.on('end', () => {
      this.#isEnded = true;
      this.#notify();
    });
    stream.on('error', (error) => {
      this.#failure = error;
      this.#notify();
    });
    return stream;
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async #drain(stream: Decompressor, sink: DecodedSink, isDone: () => boolean): Promise<void> {
    for (;;) {
      const bytes: unknown = stream.read();
      if (this.#failure !== undefined) throw broken();
      if (Buffer.isBuffer(bytes)) {
        this.#bytesOut += bytes.length;
        if (this.#bytesOut > FREE_BYTES && this.#bytesOut > this.#bytesIn * MOST_RATIO) throw expands();
        await sink(bytes);
      } else if (isDone()) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function broken(): HttpMaskError {
  return httpMaskError('ERR_HTTP_MASK_CODING', 'the response is not in the content coding that it names');
}

function expands(): HttpMaskError {
  return httpMaskError(
    'ERR_HTTP_MASK_EXPANDS',
    `the response decodes to more than ${MOST_RATIO} times its size`,
  );
}
