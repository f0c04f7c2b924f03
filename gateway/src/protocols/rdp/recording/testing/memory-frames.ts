import type { GatewayError } from '../../../../model/gateway-error.ts';
import type { RecordedBytes, SessionRecording } from '../../../../model/recording.ts';

/** A data frame as a recording holds it. */
export interface MemoryFrame {
  readonly ms: number;
  readonly kind: RecordedBytes;
  readonly bytes: Buffer;
}

/** A recording in memory. */
export class MemoryFrames implements SessionRecording {
  failed: GatewayError | undefined;
  readonly frames: MemoryFrame[] = [];
  readonly notes: string[] = [];
  /** Exchanges for which only the bound of the session holds. */
  readonly unboundedExchanges: number[] = [];
  readonly #nowMs: () => number;
  readonly #openedMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#openedMs = nowMs();
  }

  begin(): number {
    return 1;
  }

  data(
    _exchange: number,
    bytes: Buffer,
    start: number,
    end: number,
    kind: RecordedBytes = 'response',
  ): boolean {
    this.frames.push({
      ms: this.#nowMs() - this.#openedMs,
      kind,
      bytes: Buffer.from(bytes.subarray(start, end)),
    });
    return true;
  }

  unbounded(exchange: number): void {
    this.unboundedExchanges.push(exchange);
  }

  note(_exchange: number, name: string): void {
    this.notes.push(name);
  }

  end(): void {}

  flush(): void {}

  whenDrained(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
