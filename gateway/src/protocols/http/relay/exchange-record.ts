/** The recording of one exchange: heads without credentials, bodies as they were delivered. */
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { RecordedBytes } from '../../../model/recording.ts';
import type { AnswerHead } from '../downstream/client-exchange.ts';
import { encodeResponseHead } from '../wire/encode/encode-response.ts';

const HIDDEN = /^(set-cookie2?|cookie|authorization|proxy-auth[a-z-]*|www-authenticate|x-api-key|api-key):/i;

/** Records what passes under a permit. Nothing is delivered that cannot be recorded. */
export class ExchangeRecord {
  readonly #permit: Permit;

  constructor(permit: Permit) {
    this.#permit = permit;
  }

  /** There is a recording: whoever has to write something for it alone looks first. */
  get isOn(): boolean {
    return this.#permit.recording !== undefined;
  }

  /** The head of an answer, as HTTP/1.1 would have it. */
  async answer({ status, fields, length }: AnswerHead, method: string): Promise<void> {
    if (!this.isOn) return;
    const request = { method, minor: 1 } as const;
    const { bytes } = encodeResponseHead({ status, fields, length, request, closes: false });
    await this.head('response', bytes.toString('latin1'));
  }

  /** A head as it is on the wire, but for fields that hold credentials. */
  async head(kind: RecordedBytes, text: string): Promise<void> {
    if (this.#permit.recording === undefined) return;
    const lines = text.split('\r\n').filter((line, index) => index === 0 || !HIDDEN.test(line));
    const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
    await this.data(kind, bytes, 0, bytes.length);
  }

  /** Something else that belongs to the exchange. */
  note(name: string, details: JsonObject): void {
    this.#permit.recording?.note(this.#permit.recorded, name, details);
  }

  /** Trailers of an answer. Its body is bytes to whoever reads the recording, so they stand beside it. */
  async trailers(text: string): Promise<void> {
    if (text !== '') await this.head('context', `Trailers\r\n${text}\r\n`);
  }

  /** Bytes of a body. Rejects when they cannot be recorded. */
  async data(kind: RecordedBytes, bytes: Buffer, start: number, end: number): Promise<void> {
    const { recording, recorded } = this.#permit;
    if (recording === undefined) return;
    if (!recording.data(recorded, bytes, start, end, kind)) await recording.whenDrained();
    if (recording.failed !== undefined) throw recording.failed;
  }
}
