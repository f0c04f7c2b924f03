/**
 * The recording of one program: its input, and its output in frames that tell stdout from stderr. Of what is typed at a terminal only
 * that is recorded which the terminal shows.
 */
import type { Permit } from '../../../enforcement/permit.ts';
import { FRAME_HEADER_BYTES, frameHeader } from '../playback/frames.ts';
import type { TerminalSize } from '../transport/terminal.ts';
import { ShownInput, type ShownLines } from './shown-input.ts';

/** Records what passes under a permit. Nothing is delivered that cannot be recorded. */
export class StreamRecord {
  readonly #permit: Pick<Permit, 'recording' | 'recorded'>;
  readonly #typed: ShownInput | undefined;
  #leftOut = 0;

  constructor(permit: Permit, isTerminal: boolean, isRecorded = true) {
    this.#permit = isRecorded ? permit : { recording: undefined, recorded: 0 };
    this.#typed = isTerminal ? new ShownInput() : undefined;
  }

  /** Output that is about to be delivered. Rejects when it cannot be recorded. */
  async output(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<void> {
    const { recording, recorded } = this.#permit;
    if (recording === undefined) return;
    // One after the other without a pause: the frame of the other stream does not come in between.
    recording.data(recorded, frameHeader(stream, bytes.length), 0, FRAME_HEADER_BYTES, 'response');
    if (!recording.data(recorded, bytes, 0, bytes.length, 'response')) await recording.whenDrained();
    if (recording.failed !== undefined) throw recording.failed;
    if (this.#typed !== undefined) this.#lines(this.#typed.shown(bytes));
  }

  /** Input that is about to be sent. Rejects when it cannot be recorded. */
  async input(bytes: Buffer): Promise<void> {
    const { recording } = this.#permit;
    if (recording === undefined) return;
    if (this.#typed === undefined) {
      if (!this.#input(bytes)) await recording.whenDrained();
    } else this.#typed.typed(bytes);
    if (recording.failed !== undefined) throw recording.failed;
  }

  resize({ columns, rows }: TerminalSize): void {
    const { recording, recorded } = this.#permit;
    recording?.note(recorded, 'resize', { columns, rows });
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#typed !== undefined) this.#lines(this.#typed.end());
    const { recording, recorded } = this.#permit;
    if (this.#leftOut > 0) recording?.note(recorded, 'input-left-out', { lines: this.#leftOut });
    this.#leftOut = 0;
  }

  #lines({ lines, leftOut }: ShownLines): void {
    for (const line of lines) this.#input(line);
    this.#leftOut += leftOut;
  }

  #input(bytes: Buffer): boolean {
    const { recording, recorded } = this.#permit;
    return recording?.data(recorded, bytes, 0, bytes.length, 'request') ?? true;
  }
}
