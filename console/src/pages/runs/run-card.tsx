import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApiRun } from '../../../../gateway/src/api/contract/run.ts';
import { Ago, durationText } from '../../design/moments.tsx';
import { Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import classes from './runs.module.css';

/** One run, in a line or two. */
export function RunCard({ run }: { readonly run: ApiRun }): ReactNode {
  const permitted = run.exchanges - run.refused;
  return (
    <Link className={classes.run} params={{ run: run.id }} to="/runs/$run">
      <span className={classes.name}>
        <span className={classes.who}>
          <VisibleText>{run.agent ?? run.subject}</VisibleText>
          {run.agent === undefined || run.agent === run.subject ? null : (
            <span className={classes.quiet}>
              {' '}
              for <VisibleText>{run.subject}</VisibleText>
            </span>
          )}
        </span>
        <span className={classes.id}>
          <VisibleText>{run.run}</VisibleText>
        </span>
      </span>
      <span className={classes.places}>
        <VisibleText>{run.resources.join(', ')}</VisibleText>
      </span>
      <span className={classes.counts}>
        <Balance denied={run.refused} permitted={permitted} />
      </span>
      <span className={classes.when}>
        {run.endedAt === undefined ? (
          <Tag icon="play" tone="mark">
            goes on
          </Tag>
        ) : (
          durationText(Date.parse(run.endedAt) - Date.parse(run.startedAt))
        )}
        <span className={classes.quiet}>
          <Ago at={run.startedAt} />
        </span>
      </span>
    </Link>
  );
}

/** How much of it was permitted, drawn and in words. */
export function Balance({
  permitted,
  denied,
}: {
  readonly permitted: number;
  readonly denied: number;
}): ReactNode {
  const total = Math.max(1, permitted + denied);
  return (
    <span className={classes.balance}>
      <span aria-hidden="true" className={classes.bar}>
        <span className={classes.good} style={{ width: `${(permitted / total) * 100}%` }} />
        <span className={classes.bad} style={{ width: `${(denied / total) * 100}%` }} />
      </span>
      <span>
        {permitted} permitted · {denied} denied
      </span>
    </span>
  );
}
