/** What the terminals of an SSH session showed: a player with the decisions as marks. */
import { Button, Group } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from 'react';
import { Icon } from '../../design/icons.tsx';
import { Failure, Loading, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { SpeedControl } from '../speed-control.tsx';
import { type Cast, playerTime } from './cast.ts';
import { type CastAct, type CastView, nextView } from './cast-view.ts';
import classes from './terminal.module.css';
import type { PlayerHandle } from './terminal-player.tsx';
import { type CastState, useCast } from './use-cast.ts';

/** As large as all other pages together: only who looks at a terminal loads it. */
const TerminalPlayer = lazy(async () => ({
  default: (await import('./terminal-player.tsx')).TerminalPlayer,
}));
const LiveTerminal = lazy(async () => ({
  default: (await import('./terminal-player.tsx')).LiveTerminal,
}));

/** A panel with the player. @param props.isLive more may come: it is followed from the beginning on */
export function TerminalReplay(props: { readonly session: string; readonly isLive: boolean }): ReactNode {
  const { session, isLive } = props;
  // That it ends is in the stream.
  const [isFollowed] = useState(isLive);
  const { again, ...state } = useCast(session, isFollowed);
  const { cast, isDone, error } = state;
  if (cast === undefined || (!isFollowed && !isDone)) {
    return (
      <Panel title="Terminal">
        {error === null ? <Loading rows={6} /> : <Failure again={again} error={error} />}
      </Panel>
    );
  }
  // Streams end with the token, and after an hour.
  const isStopped = isDone && isLive && !cast.isCut;
  return <Shown again={again} isFollowed={isFollowed} isStopped={isStopped} state={{ ...state, cast }} />;
}

/** @param props.isStopped the stream ended before the session did */
function Shown(props: {
  readonly state: CastState & { readonly cast: Cast };
  readonly isFollowed: boolean;
  readonly isStopped: boolean;
  readonly again: () => void;
}): ReactNode {
  const { state, isFollowed, isStopped, again } = props;
  const { cast, isDone, error } = state;
  const player = useRef<PlayerHandle>(null);
  const [speed, setSpeed] = useState('1');
  const [chosen, setChosen] = useState<CastView>(isFollowed ? { kind: 'live' } : { kind: 'replay', cast });
  const view = useMemo(
    () => (isDone ? nextView(chosen, { type: 'over' }, { cast, isDone }) : chosen),
    [chosen, cast, isDone],
  );
  const act = (what: CastAct): void => setChosen(nextView(view, what, { cast, isDone }));
  const seek = (mark: number): void => {
    if (view.kind === 'replay' && mark < view.cast.marks.length) player.current?.seekMark(mark);
    else act({ type: 'mark', mark });
  };
  const isLive = view.kind === 'live';
  const isBehind = view.kind === 'replay' && (!isDone || isStopped || view.cast.length < cast.length);
  const follow = (): void => {
    if (!isStopped) return act({ type: 'newest' });
    again();
    setChosen({ kind: 'live' });
  };
  return (
    <Panel
      aside={
        <Group gap="sm">
          {isLive ? (
            <>
              <Tag icon="play" tone="mark">
                following
              </Tag>
              <Button onClick={() => act({ type: 'back' })} size="compact-sm" variant="default">
                Look back
              </Button>
            </>
          ) : (
            <>
              {isBehind ? (
                <Button onClick={follow} size="compact-sm" variant="default">
                  {isDone && !isStopped ? 'Show what came since' : 'Follow'}
                </Button>
              ) : null}
              <SpeedControl onChange={setSpeed} speed={speed} />
            </>
          )}
        </Group>
      }
      title="Terminal"
    >
      <div className={classes.replay}>
        <Suspense fallback={<Loading rows={6} />}>
          {view.kind === 'live' ? (
            <LiveTerminal cast={cast} />
          ) : (
            <TerminalPlayer
              onEnd={(atSeconds) => act({ type: 'played-out', atSeconds })}
              ref={player}
              speed={Number(speed)}
              view={view}
            />
          )}
        </Suspense>
        <Marks cast={cast} onSeek={seek} />
        <p className={classes.note}>
          {isLive
            ? 'What it shows comes as it happens. A mark goes back to its place.'
            : 'Pauses are cut to two seconds. Space plays and stops, arrows move, [ and ] go from mark to mark.'}
          {cast.isCut ? ' Only the beginning is shown here: the export has all.' : ''}
        </p>
        {error === null ? null : <Failure again={again} error={error} />}
      </div>
    </Panel>
  );
}

function Marks(props: { readonly cast: Cast; readonly onSeek: (index: number) => void }): ReactNode {
  const { cast, onSeek } = props;
  if (cast.marks.length === 0) return null;
  return (
    <ol aria-label="Decisions and ends" className={classes.marks}>
      {cast.marks.map(({ atSeconds, label }, index) => (
        <li key={index}>
          <button className={classes.mark} onClick={() => onSeek(index)} type="button">
            <span className={classes.at}>{playerTime(atSeconds)}</span>
            <span className={classes.knot} data-tone={toneOf(label)}>
              <Icon
                name={toneOf(label) === 'bad' ? 'cross' : toneOf(label) === 'good' ? 'check' : 'arrow'}
                size={12}
              />
            </span>
            <span className={classes.label}>
              <VisibleText>{label}</VisibleText>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Marks of decisions begin with their effect. */
function toneOf(label: string): 'good' | 'bad' | 'plain' {
  if (label.startsWith('permit')) return 'good';
  return label.startsWith('deny') ? 'bad' : 'plain';
}
