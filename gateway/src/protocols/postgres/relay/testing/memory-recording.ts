import { GatewayError } from '../../../../model/gateway-error.ts';
import type {
  RecordedBytes,
  RecordedOutcome,
  RecordedRequest,
  SessionRecording,
} from '../../../../model/recording.ts';

/** A recording in memory, whose disk the test holds up or breaks. */
export class MemoryRecording implements SessionRecording {
  failed: GatewayError | undefined;
  readonly requests: RecordedRequest[] = [];
  readonly outcomes: RecordedOutcome[] = [];
  /** Bytes by `<exchange> <kind>`. */
  readonly bytes: Map<string, Buffer> = new Map();
  /** Told when it fails. */
  onFailed: (error: GatewayError) => void = () => undefined;
  #isBehind = false;
  #waiting: (() => void)[] = [];

  begin(request: RecordedRequest): number {
    return this.requests.push(request);
  }

  data(
    exchange: number,
    bytes: Buffer,
    start: number,
    end: number,
    kind: RecordedBytes = 'response',
  ): boolean {
    if (this.failed !== undefined) return false;
    const key = `${exchange} ${kind}`;
    const before = this.bytes.get(key) ?? Buffer.alloc(0);
    this.bytes.set(key, Buffer.concat([before, bytes.subarray(start, end)]));
    return !this.#isBehind;
  }

  end(_exchange: number, outcome: RecordedOutcome): void {
    this.outcomes.push(outcome);
  }

  unbounded(): void {}

  note(): void {}

  flush(): void {}

  whenDrained(): Promise<void> {
    return this.#isBehind ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The disk does not keep up from now on. */
  fallBehind(): void {
    this.#isBehind = true;
  }

  /** The disk has caught up. */
  catchUp(): void {
    this.#isBehind = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Nothing can be recorded any more. */
  break(): void {
    this.failed = new GatewayError('ERR_RECORDING_UNWRITABLE', 'the disk is full', {
      source: 'internal',
      publicMessage: 'the gateway cannot record this session',
    });
    this.catchUp();
    this.onFailed(this.failed);
  }

  /** All bytes of one kind, of all exchanges. */
  of(kind: RecordedBytes): Buffer {
    return Buffer.concat(
      [...this.bytes].filter(([key]) => key.endsWith(` ${kind}`)).map(([, bytes]) => bytes),
    );
  }
}
