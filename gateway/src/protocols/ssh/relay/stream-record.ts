/** The recording of one command: its input as it came, its output in frames that tell stdout from stderr. */
import type { Permit } from '../../../enforcement/permit.ts';
import { FRAME_HEADER_BYTES, frameHeader } from '../playback/frames.ts';

/** Records what passes under a permit. Nothing is delivered that cannot be recorded. */
export class StreamRecord {
  readonly #permit: Permit;

  constructor(permit: Permit) {
    this.#permit = permit;
  }

  /** Output that is about to be delivered. Rejects when it cannot be recorded. */
  async output(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<void> {
    const { recording, recorded } = this.#permit;
    if (recording === undefined) return;
    // One after the other without a pause: the frame of the other stream does not come in between.
    recording.data(recorded, frameHeader(stream, bytes.length), 0, FRAME_HEADER_BYTES, 'response');
    if (!recording.data(recorded, bytes, 0, bytes.length, 'response')) await recording.whenDrained();
    if (recording.failed !== undefined) throw recording.failed;
  }

  /** Input that is about to be sent. Rejects when it cannot be recorded. */
  async input(bytes: Buffer): Promise<void> {
    const { recording, recorded } = this.#permit;
    if (recording === undefined) return;
    if (!recording.data(recorded, bytes, 0, bytes.length, 'request')) await recording.whenDrained();
    if (recording.failed !== undefined) throw recording.failed;
  }
}
