/** One session: who, where, and what happened, as it happens. */
import { Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { ApiSessionDetail } from '../../../../gateway/src/api/contract/session.ts';
import { session as sessionQuery } from '../../api/queries.ts';
import { sessionRoute } from '../../app/router.tsx';
import { useViewer } from '../../app/viewer.tsx';
import { durationText, fullTime } from '../../design/moments.tsx';
import { Facts, Failure, Loading, Mono, Page, Panel } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { DesktopReplay } from '../../recording/desktop/desktop-replay.tsx';
import type { DesktopMark } from '../../recording/desktop/desktop-view.tsx';
import type { Story } from '../../recording/story.ts';
import { TerminalReplay } from '../../recording/terminal/terminal-replay.tsx';
import { Transcript } from '../../recording/transcript.tsx';
import { useStories } from '../../recording/use-stories.ts';
import { StateTag } from '../sessions/session-list.tsx';
import { KillButton } from './kill-button.tsx';

/** The page. */
export function SessionPage(): ReactNode {
  const { session: id } = sessionRoute.useParams();
  const { data, error, refetch } = useQuery({
    ...sessionQuery(id),
    refetchInterval: ({ state }) => (state.data?.session.live === true ? 10_000 : false),
  });
  if (data === undefined) {
    return (
      <Page title="Session">
        <Panel>{error === null ? <Loading /> : <Failure again={() => void refetch()} error={error} />}</Panel>
      </Page>
    );
  }
  return <Shown key={id} session={data.session} />;
}

function Shown({ session }: { readonly session: ApiSessionDetail }): ReactNode {
  const { isAdmin } = useViewer();
  const startMs = placeOf(useLocation().hash);
  const { principal, resource } = session;
  // Whether it is live decides how it is read at first; that it ends is in the recording.
  const [sources] = useState(() => [
    { session: session.session, isLive: session.live, isDesktop: session.protocol === 'rdp' },
  ]);
  const read = useStories(sources);
  const [story] = read.stories;
  const isLive = session.live && story?.closed === undefined;
  const agent = principal.delegation[0]?.subject ?? principal.agent ?? principal.subject;
  return (
    <Page
      actions={
        <Group>
          <StateTag session={{ ...session, live: isLive }} />
          {isAdmin && isLive ? <KillButton session={session.session} /> : null}
        </Group>
      }
      heading={
        <>
          <VisibleText>{agent}</VisibleText> on <VisibleText>{resource}</VisibleText>
        </>
      }
      text={<Link to="/sessions">All sessions</Link>}
      title={`${agent} on ${resource}`}
    >
      <Stack gap="lg">
        <Panel>
          <SessionFacts closed={story?.closed} session={session} />
        </Panel>
        {session.protocol === 'ssh' ? <TerminalReplay isLive={isLive} session={session.session} /> : null}
        {session.protocol === 'rdp' ? (
          <DesktopReplay
            durationMs={lengthOf(session)}
            isOpen={isLive}
            marks={marksOf(story)}
            session={session.session}
            startMs={startMs}
          />
        ) : null}
        <Transcript isLive={isLive} read={read} />
      </Stack>
    </Page>
  );
}

/** Notes by their time in the session. */
function marksOf(story: Story | undefined): readonly DesktopMark[] {
  return (story?.notes ?? []).map(({ atMs, name }) => ({ ms: atMs - (story?.openedMs ?? 0), name }));
}

/** `#at-5000`: what was found on the screen five seconds after the opening. */
function placeOf(hash: string): number | undefined {
  const place = /^#?at-(\d{1,12})$/.exec(hash)?.[1];
  return place === undefined ? undefined : Number(place);
}

/** How long it was, or is by now. */
function lengthOf({ openedAt, closedAt }: ApiSessionDetail): number {
  return (closedAt === undefined ? Date.now() : Date.parse(closedAt)) - Date.parse(openedAt);
}

function SessionFacts(props: {
  readonly session: ApiSessionDetail;
  readonly closed: { readonly atMs: number; readonly reason: string } | undefined;
}): ReactNode {
  const { session, closed } = props;
  const { principal } = session;
  const endMs = closed?.atMs ?? (session.closedAt === undefined ? undefined : Date.parse(session.closedAt));
  const hints = Object.entries(session.hints).map(([name, value]) => `${name}=${value}`);
  const facts: (readonly [string, ReactNode])[] = [
    ['Principal', <VisibleText key="p">{principal.subject}</VisibleText>],
    ['Groups', <VisibleText key="g">{principal.groups.join(', ') || 'none'}</VisibleText>],
    ['Account', <Mono key="a">{session.account}</Mono>],
    ['Protocol', session.protocol],
    ['From', <Mono key="f">{session.sourceAddress}</Mono>],
    ['Opened', fullTime(session.openedAt)],
    ['Requests', `${session.exchanges}, of which ${session.refused} denied`],
  ];
  if (principal.run !== undefined) {
    facts.splice(2, 0, ['Run', <RunLink key="r" run={principal.run} />]);
  }
  if (endMs !== undefined) {
    const reason = closed?.reason ?? session.reason ?? '';
    facts.push(['Closed', `after ${durationText(endMs - Date.parse(session.openedAt))}`]);
    facts.push(['Because', <VisibleText key="b">{reason}</VisibleText>]);
  }
  if (hints.length > 0)
    facts.push(['Says of itself, unproved', <VisibleText key="h">{hints.join(', ')}</VisibleText>]);
  facts.push(['Id', <Mono key="i">{session.session}</Mono>]);
  return <Facts facts={facts} />;
}

function RunLink({ run }: { readonly run: string }): ReactNode {
  return (
    <Link search={{ run }} to="/runs">
      <Mono>{run}</Mono>
    </Link>
  );
}
