/** The way of output to the client: masked, counted, recorded, delivered, in this order, no faster than the client takes it. */
import type { FindingMasks } from '../../../masking/finding-masks.ts';
import type { JsonObject } from '../../../model/json.ts';
import { CommandMasks } from '../masking/command-masks.ts';
import type { OutputLimits } from './output-limits.ts';
import type { StreamRecord } from './stream-record.ts';

/** What output passes, and where it goes. */
export interface OutputWay {
  readonly limits: OutputLimits;
  /** Undefined: nothing is masked. */
  readonly masks: FindingMasks | undefined;
  readonly record: StreamRecord;
  /** Told of a bound that is passed: nothing more is delivered. */
  readonly onExceeded: (error: Error) => void;
  readonly write: (stream: 'stdout' | 'stderr', bytes: Buffer) => Promise<void>;
}

/** One stream. */
export interface OutputStream {
  /** False where no more may come. Rejects when it cannot be recorded. */
  push(bytes: Buffer): Promise<boolean>;
  /** Delivers what a mask holds back. Not called of output that was cut: what is held is then not whole. */
  end(): Promise<boolean>;
}

/** The output of one exchange. */
export class OutputPipe {
  readonly #way: OutputWay;
  readonly #masks: CommandMasks;
  readonly #bytes = { stdout: 0, stderr: 0 };

  constructor(way: OutputWay) {
    this.#way = way;
    this.#masks = new CommandMasks(way.masks);
  }

  /** Bytes that were delivered, and what was masked in them. */
  get counts(): JsonObject {
    return { ...this.#bytes, ...this.#masks.summary };
  }

  stream(name: 'stdout' | 'stderr'): OutputStream {
    const mask = this.#masks.stream();
    return {
      push: (bytes) => this.#deliver(name, mask === undefined ? bytes : mask.push(bytes)),
      end: async () => mask === undefined || (await this.#deliver(name, mask.end())),
    };
  }

  async #deliver(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<boolean> {
    const { limits, record, onExceeded, write } = this.#way;
    const exceeded = limits.take(bytes.length);
    if (exceeded !== undefined) {
      onExceeded(exceeded);
      return false;
    }
    if (bytes.length === 0) return true;
    await record.output(stream, bytes);
    await write(stream, bytes);
    this.#bytes[stream] += bytes.length;
    return true;
  }
}
