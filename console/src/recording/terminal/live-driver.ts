/** What the player asks for what it shows, for a terminal that goes on: lines of an asciicast, shown as they come. No page here. */
import type { Cast } from './cast.ts';

/** What the player is told. */
type Dispatch = (event: string, data?: unknown) => void;

/** As asciinema-player calls its source, where that is a function. */
export type Driver = (callbacks: { readonly dispatch: Dispatch }) => {
  init(): void;
  play(): boolean;
  getTiming(): Timing;
};

/** Where it stands: seconds, by a clock that runs `rate` times as fast as ours since `sampledAt`. */
interface Timing {
  readonly time: number;
  readonly rate: number;
  readonly sampledAt: number;
}

/** Shows the newest of one terminal. */
export class LiveDriver {
  #cast: Cast;
  #dispatch: Dispatch | undefined;
  #next = 0;
  #atSeconds = 0;

  /** @param cast what there is so far */
  constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** For the player. */
  readonly driver: Driver = ({ dispatch }) => ({
    init: () => {
      this.#dispatch = dispatch;
      this.#next = 0;
      this.#atSeconds = 0;
      this.#show();
    },
    play: () => {
      dispatch('play');
      dispatch('playing');
      return true;
    },
    getTiming: () => this.#timing(),
  });

  /** More came. @param cast that begins with what there was */
  take(cast: Cast): void {
    this.#cast = cast;
    this.#show();
  }

  #show(): void {
    const dispatch = this.#dispatch;
    if (dispatch === undefined) return;
    let output: string[] = [];
    const flush = (): void => {
      if (output.length > 0) dispatch('output', output);
      output = [];
    };
    for (; this.#next < this.#cast.length; this.#next += 1) {
      const line = this.#cast.lines[this.#next];
      if (line === undefined) break;
      if ('version' in line) {
        dispatch('reset', { size: line.term });
        continue;
      }
      const [seconds, code, data] = line;
      this.#atSeconds += seconds;
      if (code === 'o') output.push(data);
      if (code !== 'r') continue;
      flush();
      const [cols, rows] = data.split('x').map(Number);
      dispatch('resize', { cols, rows });
    }
    flush();
    dispatch('timing', this.#timing());
  }

  #timing(): Timing {
    return { time: this.#atSeconds, rate: 0, sampledAt: performance.timeOrigin + performance.now() };
  }
}
