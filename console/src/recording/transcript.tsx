/** What was read of recordings, as one timeline. */
import type { ReactNode } from 'react';
import { Empty, Failure, Loading, Panel } from '../design/pieces.tsx';
import { type Story, withoutPreparations } from './story.ts';
import { Timeline } from './timeline.tsx';
import type { Stories } from './use-stories.ts';

/** Sessions side by side, in the order of time. */
export function Transcript(props: {
  readonly read: Stories;
  /** More may come, so that nothing is no end. */
  readonly isLive: boolean;
  readonly showPlace?: boolean;
}): ReactNode {
  const { read, isLive, showPlace } = props;
  const { stories, error, isDone } = read;
  const exchanges = stories
    .flatMap((story) => withoutPreparations(story.exchanges))
    .sort((left, right) => left.atMs - right.atMs);
  if (exchanges.length === 0) {
    if (error !== null) {
      return (
        <Panel>
          <Failure error={error} />
        </Panel>
      );
    }
    return (
      <Panel>
        {isDone || isLive ? <Empty icon="runs" title="Nothing was asked yet" /> : <Loading rows={7} />}
      </Panel>
    );
  }
  return (
    <>
      <Timeline exchanges={exchanges} showPlace={showPlace} />
      <Missing error={error} stories={stories} />
    </>
  );
}

function Missing({ stories, error }: Pick<Stories, 'stories' | 'error'>): ReactNode {
  const further = stories.reduce((sum, { furtherExchanges }: Story) => sum + furtherExchanges, 0);
  const problem = stories.find((story) => story.problem !== undefined)?.problem;
  if (further === 0 && problem === undefined && error === null) return null;
  return (
    <p role="status">
      {further > 0
        ? `${further.toLocaleString('en')} more are on record: search in them, or export the session. `
        : ''}
      {problem ?? ''}
      {error === null ? '' : 'A part could not be read.'}
    </p>
  );
}
