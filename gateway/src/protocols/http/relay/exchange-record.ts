/** The recording of one exchange: heads without credentials, bodies as they were delivered. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { RecordedBytes } from '../../../model/recording.ts';

const HIDDEN = /^(set-cookie2?|cookie|authorization|proxy-auth[a-z-]*|www-authenticate|x-api-key|api-key):/i;

/** Records what passes under a permit. Nothing is delivered that cannot be recorded. */
export class ExchangeRecord {
  readonly #permit: Permit;

  constructor(permit: Permit) {
    this.#permit = permit;
  }

  /** A head as it is on the wire, but for fields that hold credentials. */
  async head(kind: RecordedBytes, text: string): Promise<void> {
    if (this.#permit.recording === undefined) return;
    const lines = text.split('\r\n').filter((line, index) => index === 0 || !HIDDEN.test(line));
    const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
    await this.data(kind, bytes, 0, bytes.length);
  }

  /** Bytes of a body. Rejects when they cannot be recorded. */
  async data(kind: RecordedBytes, bytes: Buffer, start: number, end: number): Promise<void> {
    const { recording, recorded } = this.#permit;
    if (recording === undefined) return;
    if (!recording.data(recorded, bytes, start, end, kind)) await recording.whenDrained();
    if (recording.failed !== undefined) throw recording.failed;
  }
}
