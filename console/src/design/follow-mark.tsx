/** Whether a page is told what happens. */
import type { ReactNode } from 'react';
import type { FollowState } from '../api/follow-events.ts';
import classes from './pieces.module.css';

const STATES = { connecting: 'connecting …', live: 'live', away: 'connection lost, trying again …' } as const;

/** A dot and a word. */
export function FollowMark({ state }: { readonly state: FollowState }): ReactNode {
  return (
    <span aria-live="polite" className={classes.live}>
      <span className={classes.dot} data-state={state} />
      {STATES[state]}
    </span>
  );
}
