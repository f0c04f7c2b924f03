import type { Duplex } from 'node:stream';
import type { SessionRecording } from '../../../model/recording.ts';
import type { Congestion } from './responses.ts';

/** Reads from the server no faster than the client and the disk of the recording take what it answers (P10). */
export class UpstreamFlow {
  readonly #socket: Duplex;
  readonly #client: Duplex;
  readonly #recording: SessionRecording | undefined;
  #isRecordingBehind = false;

  constructor(socket: Duplex, client: Duplex, recording: SessionRecording | undefined) {
    this.#socket = socket;
    this.#client = client;
    this.#recording = recording;
  }

  /** Somebody does not keep up. Rejects when the recording has failed. */
  async hold(congestion: Exclude<Congestion, undefined>): Promise<void> {
    this.#socket.pause();
    const recording = this.#recording;
    if (congestion === 'client' || recording === undefined || this.#isRecordingBehind) return;
    this.#isRecordingBehind = true;
    await recording.whenDrained();
    this.#isRecordingBehind = false;
    if (recording.failed !== undefined) throw recording.failed;
    if (!this.#client.writableNeedDrain) this.#socket.resume();
  }

  /** The client has read what was written for it, or is to get nothing of what comes. */
  resume(): void {
    if (!this.#isRecordingBehind) this.#socket.resume();
  }
}
