/** One run as a story: what it asked, what was decided by which rule, what came back, how long it took. */
import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import type { ApiRunDetail } from '../../../../gateway/src/api/contract/run.ts';
import { run as runQuery } from '../../api/queries.ts';
import { runRoute } from '../../app/router.tsx';
import { durationText, fullTime } from '../../design/moments.tsx';
import { Failure, Loading, Page, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Transcript } from '../../recording/transcript.tsx';
import { type Stories, useStories } from '../../recording/use-stories.ts';
import classes from './run.module.css';
import { RunFigures } from './run-figures.tsx';

/** Sessions whose recordings are read at once; more when somebody wants them. */
const SESSIONS_AT_FIRST = 20;

/** The page. */
export function RunPage(): ReactNode {
  const { run: id } = runRoute.useParams();
  const { data, error, refetch } = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data?.run.endedAt === undefined ? 5_000 : false),
  });
  if (data === undefined) {
    return (
      <Page title="Run">
        <Panel>{error === null ? <Loading /> : <Failure again={() => void refetch()} error={error} />}</Panel>
      </Page>
    );
  }
  return <Shown detail={data} key={id} />;
}

function Shown({ detail }: { readonly detail: ApiRunDetail }): ReactNode {
  const { run, sessions } = detail;
  const [most, setMost] = useState(SESSIONS_AT_FIRST);
  const shown = sessions.slice(0, most);
  const key = shown.map(({ session }) => session).join(' ');
  const sources = useMemo(
    () => shown.map(({ session, live }) => ({ session, isLive: live })),
    // oxlint-disable-next-line react/exhaustive-deps -- a recording that was begun is read to its end; only new sessions count
    [key],
  );
  const read = useStories(sources);
  const agent = run.agent ?? run.subject;
  return (
    <Page
      actions={
        run.endedAt === undefined ? (
          <Tag icon="play" tone="mark">
            goes on
          </Tag>
        ) : undefined
      }
      heading={
        <>
          What <VisibleText>{agent}</VisibleText> did
        </>
      }
      text={<RunLine detail={detail} />}
      title={`Run of ${agent}`}
    >
      <Stack gap="xl">
        <RunFigures read={read} run={run} />
        <div>
          <Sessions detail={detail} read={read} />
          <Transcript isLive={run.endedAt === undefined} read={read} showPlace={sessions.length > 1} />
        </div>
        {sessions.length > most ? (
          <Button onClick={() => setMost(most + SESSIONS_AT_FIRST)} variant="default">
            {sessions.length - most} more sessions of this run
          </Button>
        ) : null}
      </Stack>
    </Page>
  );
}

function RunLine({ detail }: { readonly detail: ApiRunDetail }): ReactNode {
  const { run } = detail;
  const isOver = run.endedAt !== undefined;
  return (
    <>
      {run.agent === undefined || run.agent === run.subject ? null : (
        <>
          for <VisibleText>{run.subject}</VisibleText>,{' '}
        </>
      )}
      {fullTime(run.startedAt)}
      {isOver ? `, ${durationText(Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt))} in all` : ''} ·{' '}
      <span className={classes.mono}>
        <VisibleText>{run.run}</VisibleText>
      </span>
    </>
  );
}

/** Where it was connected, in the order in which it was. */
function Sessions({ detail, read }: { readonly detail: ApiRunDetail; readonly read: Stories }): ReactNode {
  if (read.stories.length === 0) return null;
  return (
    <ul aria-label="Sessions" className={classes.sessions}>
      {detail.sessions
        .slice(0, SESSIONS_AT_FIRST)
        .map(({ session, resource, protocol, account, exchanges, live }) => (
          <li key={session}>
            <Link className={classes.session} params={{ session }} to="/sessions/$session">
              <strong>
                <VisibleText>{resource}</VisibleText>
              </strong>
              <span>
                <VisibleText>{`${protocol} as ${account}`}</VisibleText>, {exchanges}{' '}
                {exchanges === 1 ? 'request' : 'requests'}
              </span>
              {live ? <Tag tone="mark">live</Tag> : null}
            </Link>
          </li>
        ))}
    </ul>
  );
}
