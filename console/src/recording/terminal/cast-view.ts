/** What of a terminal is shown: its end as it comes, or a recording that stands still. Nobody who looks back is thrown forward. Pure. */
import type { Cast } from './cast.ts';

/** Where somebody looks. */
export type CastView =
  | { readonly kind: 'live' }
  | {
      readonly kind: 'replay';
      /** As it was when it was begun to play: what comes later does not move it. */
      readonly cast: Cast;
      /** Where to begin: at a mark, by its number, or playing, in seconds of the player; without one, at the picture of its end. */
      readonly from?: { readonly mark: number } | { readonly seconds: number };
    };

/** What happens to it. */
export type CastAct =
  /** A mark was chosen, by its number. */
  | { readonly type: 'mark'; readonly mark: number }
  /** Somebody wants to look at what was. */
  | { readonly type: 'back' }
  /** Somebody wants the newest. */
  | { readonly type: 'newest' }
  /** What is shown was played to its end. */
  | { readonly type: 'played-out'; readonly atSeconds: number }
  /** No more comes. */
  | { readonly type: 'over' };

/** The view after it. @param now.isDone no more comes */
export function nextView(
  view: CastView,
  act: CastAct,
  { cast, isDone }: { readonly cast: Cast; readonly isDone: boolean },
): CastView {
  switch (act.type) {
    case 'mark': {
      // A player that has the mark goes there itself.
      const isThere = view.kind === 'replay' && act.mark < view.cast.marks.length;
      return isThere ? view : { kind: 'replay', cast, from: { mark: act.mark } };
    }
    case 'back':
      return view.kind === 'replay' ? view : { kind: 'replay', cast };
    case 'newest':
      return isDone ? { kind: 'replay', cast } : { kind: 'live' };
    case 'played-out':
      if (view.kind === 'live') return view;
      if (!isDone) return { kind: 'live' };
      if (cast.length <= view.cast.length) return view;
      return { kind: 'replay', cast, from: { seconds: act.atSeconds } };
    case 'over':
      return view.kind === 'live' ? { kind: 'replay', cast } : view;
    default:
      return act satisfies never;
  }
}
