/** Proves that a recording is as it was written: the chain of its seals, against what the audit was told. */
import { createHash } from 'node:crypto';
import { RecordingError } from './errors.ts';
import { CHAIN_BYTES, FILE_HEADER_BYTES, FrameType, GENESIS } from './format.ts';
import { type ByteSource, type Frame, FrameReader, readJson } from './frame-reader.ts';

/** Findings of one recording that are named. */
const MAX_FINDINGS = 20;

/** What the audit says stands in the recording up to a seal. */
export interface Extent {
  readonly bytes: number;
  readonly chain: string;
}

/** What a check found. */
export interface RecordingReport {
  readonly ok: boolean;
  /** Of the session, as the recording names it. */
  readonly session: string | undefined;
  /** How it ends; undefined while it is live. */
  readonly end: 'close' | 'cut' | undefined;
  readonly bytes: number;
  readonly frames: number;
  /** Bytes that the chain covers, and its last link, hex. */
  readonly sealedTo: number;
  readonly chain: string;
  readonly findings: readonly string[];
}

/** @param told what the audit was told, in any order; nothing of it may be missing */
export async function checkRecording(
  source: ByteSource,
  told: readonly Extent[] = [],
): Promise<RecordingReport> {
  const check = new Check(told);
  try {
    const reader = new FrameReader(source);
    if (!(await reader.checkHeader())) check.find('the file ends before its header does');
    else for await (const frame of reader.frames()) check.take(frame);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    check.find(error.message);
  }
  return check.report(await source.size());
}

class Check {
  readonly #told: Map<number, string>;
  readonly #findings: string[] = [];
  #sum = createHash('sha256').update(GENESIS);
  #session: string | undefined;
  #end: 'close' | 'cut' | undefined;
  #frames = 0;
  #to = FILE_HEADER_BYTES;
  #sealedTo = 0;
  #chain: Buffer = Buffer.alloc(0);

  constructor(told: readonly Extent[]) {
    this.#told = new Map(told.map(({ bytes, chain }) => [bytes, chain]));
  }

  find(problem: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(problem);
  }

  take(frame: Frame): void {
    const { type, offset, end, raw, payload } = frame;
    this.#frames += 1;
    this.#to = end;
    if (type === FrameType.seal) {
      this.#seal(frame);
      return;
    }
    this.#sum.update(raw);
    // A crash may leave a close without its seal; then a cut follows.
    if (this.#end === 'cut' || (this.#end === 'close' && type !== FrameType.cut))
      this.find(`a frame at byte ${offset} follows the end of the recording`);
    if (type === FrameType.close) this.#end = 'close';
    if (type === FrameType.cut) this.#end = 'cut';
    if (this.#frames === 1 && type !== FrameType.session) this.find('it does not begin with its session');
    if (this.#frames === 1 && type === FrameType.session) {
      const { session } = readJson(payload) as { session?: unknown };
      if (typeof session === 'string') this.#session = session;
    }
  }

  report(size: number): RecordingReport {
    if (this.#frames === 0) this.find('it holds no whole frame');
    if (this.#end !== undefined && this.#to < size) this.find(`${size - this.#to} bytes follow its end`);
    if (this.#end !== undefined && this.#sealedTo < this.#to) this.find('its end is not sealed');
    for (const bytes of this.#told.keys()) {
      this.find(`the audit knows of ${bytes} bytes with a seal behind them; there is no such seal`);
    }
    return {
      ok: this.#findings.length === 0,
      session: this.#session,
      end: this.#end,
      bytes: size,
      frames: this.#frames,
      sealedTo: this.#sealedTo,
      chain: this.#chain.toString('hex'),
      findings: this.#findings,
    };
  }

  #seal({ payload, offset, end, flags, ms, exchange }: Frame): void {
    const chain = this.#sum.digest();
    const isCanonical = payload.length === CHAIN_BYTES && flags === 0 && ms === 0 && exchange === 0;
    if (!isCanonical || !payload.equals(chain)) {
      this.find(`the bytes from ${this.#sealedTo} to ${offset} are not those that were sealed`);
    }
    this.#chain = Buffer.from(payload);
    this.#sum = createHash('sha256').update(payload);
    this.#sealedTo = end;
    const told = this.#told.get(end);
    if (told !== undefined && told !== this.#chain.toString('hex')) {
      this.find(`the audit knows another chain at byte ${end}`);
    }
    this.#told.delete(end);
  }
}
