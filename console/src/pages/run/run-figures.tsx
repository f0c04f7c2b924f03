/** A run in numbers. */
import type { ReactNode } from 'react';
import type { ApiRun } from '../../../../gateway/src/api/contract/run.ts';
import { verdictOf } from '../../recording/exchange-card.tsx';
import { withoutPreparations } from '../../recording/story.ts';
import type { Stories } from '../../recording/use-stories.ts';
import classes from './run.module.css';

/** Counted over what was read; the numbers grow while it is. */
export function RunFigures({ run, read }: { readonly run: ApiRun; readonly read: Stories }): ReactNode {
  const exchanges = read.stories.flatMap((story) => withoutPreparations(story.exchanges));
  const held = exchanges.filter((exchange) => verdictOf(exchange).tone === 'wait').length;
  const denied = exchanges.filter((exchange) => verdictOf(exchange).tone === 'bad').length;
  const approved = exchanges.filter(({ grant }) => grant !== undefined).length;
  const masked = exchanges
    .flatMap((exchange) => exchange.masked)
    .reduce((sum, { values }) => sum + values, 0);
  const permitted = exchanges.length - held - denied;
  const figures = [
    ['good', permitted, permitted === 1 ? 'request permitted' : 'requests permitted'],
    ['bad', denied, 'denied'],
    ['wait', held, 'held for people'],
    ['mark', approved, 'approved by people'],
    ['see', masked, masked === 1 ? 'value masked' : 'values masked'],
  ] as const;
  return (
    <dl aria-busy={!read.isDone} className={classes.figures}>
      {figures.map(([tone, value, name]) => (
        <div className={classes.figure} key={name}>
          <dt>{name}</dt>
          <dd data-tone={tone}>{value.toLocaleString('en')}</dd>
        </div>
      ))}
      <div className={classes.figure}>
        <dt>{run.resources.length === 1 ? 'resource' : 'resources'}</dt>
        <dd data-tone="plain">{run.resources.length}</dd>
      </div>
    </dl>
  );
}
