import type { ReactNode } from 'react';
import { durationText, useNow } from '../../design/moments.tsx';
import classes from './inbox.module.css';

const URGENT_MS = 60_000;

/** How long a request stays open. */
export function Countdown({ until }: { readonly until: string }): ReactNode {
  const leftMs = Date.parse(until) - useNow(1_000);
  return (
    <span className={classes.countdown} data-urgent={leftMs < URGENT_MS}>
      {leftMs <= 0 ? 'over' : `${durationText(Math.max(1_000, leftMs)).replace(/\.\d s/, ' s')} left`}
    </span>
  );
}
