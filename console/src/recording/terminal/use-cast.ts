/** The terminal of a session, read once, and followed while the session is live and somebody looks. */
import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { open } from '../../api/ask.ts';
import { readLines } from '../../api/read-lines.ts';
import { type Cast, CastReader } from './cast.ts';

/** The page is drawn anew at most so often. */
const DRAW_MS = 150;

/** What is known so far. */
export interface CastState {
  /** Undefined until something is there. */
  readonly cast: Cast | undefined;
  /** No more comes: the session is over, or the stream is. */
  readonly isDone: boolean;
  readonly error: unknown;
}

const AT_FIRST: CastState = { cast: undefined, isDone: false, error: null };

/** Reads; `again` begins anew, and what was shown stays until there is more. */
export function useCast(session: string, isFollowed: boolean): CastState & { readonly again: () => void } {
  const [state, setState] = useState(AT_FIRST);
  const [attempt, setAttempt] = useState(0);
  // A browser has few connections for one host: a page that nobody sees holds none for this.
  const isHidden = useDocumentVisibility() === 'hidden' && isFollowed && !state.isDone;
  const shown = useRef(0);
  useEffect(() => {
    if (isHidden) return undefined;
    const stop = new AbortController();
    const reader = new CastReader();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (isDone: boolean, error: unknown): void => {
      if (stop.signal.aborted) return;
      if (!isDone && reader.length < shown.current) return;
      const cast = reader.length > 0 && reader.length >= shown.current ? reader.cast() : undefined;
      shown.current = Math.max(shown.current, reader.length);
      setState((before) => ({ cast: cast ?? before.cast, isDone, error }));
    };
    const draw = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        tell(false, null);
      }, DRAW_MS);
    };
    const read = async (): Promise<void> => {
      const follow = isFollowed ? '?follow=1' : '';
      const response = await open(`/v1/sessions/${session}/asciicast${follow}`, { signal: stop.signal });
      for await (const text of readLines(response)) {
        if (!reader.take(text)) return;
        if (isFollowed) draw();
      }
    };
    void read()
      .then(
        () => null,
        (cause: unknown) => cause,
      )
      .then((error) => {
        clearTimeout(timer);
        tell(true, error);
      });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [session, isFollowed, isHidden, attempt]);
  return {
    ...state,
    again: () => {
      setState((before) => ({ ...before, isDone: false, error: null }));
      setAttempt((before) => before + 1);
    },
  };
}
