/** Recordings of some sessions, read one after the other, and followed while they are live. */
import { useEffect, useState } from 'react';
import type { RecordingLine } from '../../../gateway/src/api/contract/recording.ts';
import { open } from '../api/ask.ts';
import { readLines } from '../api/read-lines.ts';
import { type Story, StoryTeller } from './story.ts';

/** The gateway lets one person read four at once, and other pages may be open. */
const AT_ONCE = 2;
/** The page is drawn anew at most so often. */
const DRAW_MS = 150;

/** What is known so far. */
export interface Stories {
  readonly stories: readonly Story[];
  readonly error: unknown;
  /** All that was asked for is there; of live sessions, what there was at first. */
  readonly isDone: boolean;
}

/** A session to read. */
export interface StorySource {
  readonly session: string;
  readonly isLive: boolean;
  /** What was typed is told; pictures are not. */
  readonly isDesktop?: boolean;
}

/** Reads recordings; `sources` may change, and what was read is read again then. */
export function useStories(sources: readonly StorySource[]): Stories {
  const [state, setState] = useState<Stories>({ stories: [], error: null, isDone: false });
  const key = JSON.stringify(sources);
  useEffect(() => {
    const stop = new AbortController();
    const wanted = JSON.parse(key) as readonly StorySource[];
    const tellers = new Map(wanted.map(({ session }) => [session, new StoryTeller(session)]));
    let error: unknown = null;
    let isDone = wanted.length === 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setState({ stories: [...tellers.values()].map((teller) => teller.story()), error, isDone });
      }, DRAW_MS);
    };
    const queue = [...wanted];
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const teller = tellers.get(next.session);
        if (teller !== undefined) await readOne(next, { teller, draw, signal: stop.signal });
      }
    };
    const workers = Array.from({ length: AT_ONCE }, () =>
      work().catch((cause: unknown) => {
        if (!stop.signal.aborted) error = cause;
      }),
    );
    void Promise.all(workers).then(() => {
      isDone = true;
      draw();
    });
    draw();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key]);
  return state;
}

async function readOne(
  { session, isLive, isDesktop }: StorySource,
  {
    teller,
    draw,
    signal,
  }: { readonly teller: StoryTeller; readonly draw: () => void; readonly signal: AbortSignal },
): Promise<void> {
  const follow = isLive ? '&follow=1' : '';
  const kind = isDesktop === true ? '&kind=request' : '';
  const response = await open(`/v1/sessions/${session}/recording?form=rows${follow}${kind}`, { signal });
  for await (const line of readLines(response)) {
    if (line === '') continue;
    teller.take(JSON.parse(line) as RecordingLine);
    draw();
  }
}
