import type { Recorder, SessionRecording } from '../model/recording.ts';

/** Where the config switches recordings off: takes everything, keeps nothing. */
export const noRecorder: Recorder = { open: () => new NoRecording() };

class NoRecording implements SessionRecording {
  readonly failed: undefined = undefined;
  #exchanges = 0;

  begin(): number {
    this.#exchanges += 1;
    return this.#exchanges;
  }

  data(): boolean {
    return true;
  }

  end(): void {}

  note(): void {}

  flush(): void {}

  whenDrained(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
