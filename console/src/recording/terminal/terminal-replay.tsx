/** What the terminals of an SSH session showed: a player with the decisions as marks. */
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { Icon } from '../../design/icons.tsx';
import { Failure, Loading, Panel } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { type Cast, playerTime, readCast } from './cast.ts';
import classes from './terminal.module.css';
import type { PlayerHandle } from './terminal-player.tsx';

/** As large as all other pages together: only who looks at a terminal loads it. */
const TerminalPlayer = lazy(async () => ({
  default: (await import('./terminal-player.tsx')).TerminalPlayer,
}));
const SPEEDS = ['0.5', '1', '2', '4', '8'] as const;

/** A panel with the player. @param props.isLive more may come */
export function TerminalReplay(props: { readonly session: string; readonly isLive: boolean }): ReactNode {
  const { session, isLive } = props;
  const [speed, setSpeed] = useState('1');
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['terminal', session],
    queryFn: ({ signal }) => readCast(session, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <Panel
      aside={
        <Group gap="sm">
          {isLive ? (
            <Button loading={isFetching} onClick={() => void refetch()} size="compact-sm" variant="default">
              Read what came since
            </Button>
          ) : null}
          <SegmentedControl
            aria-label="Speed"
            data={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
            onChange={setSpeed}
            size="xs"
            value={speed}
          />
        </Group>
      }
      title="Terminal"
    >
      {data === undefined ? (
        error === null ? (
          <Loading rows={6} />
        ) : (
          <Failure again={() => void refetch()} error={error} />
        )
      ) : (
        <Shown cast={data} speed={Number(speed)} />
      )}
    </Panel>
  );
}

function Shown({ cast, speed }: { readonly cast: Cast; readonly speed: number }): ReactNode {
  const player = useRef<PlayerHandle>(null);
  return (
    <div className={classes.replay}>
      <Suspense fallback={<Loading rows={6} />}>
        <TerminalPlayer cast={cast} ref={player} speed={speed} />
      </Suspense>
      <Marks cast={cast} onSeek={(index) => player.current?.seekMark(index)} />
      <p className={classes.note}>
        Pauses are cut to two seconds. Space plays and stops, arrows move, [ and ] go from mark to mark.
        {cast.isCut ? ' Only the beginning is shown here: the export has all.' : ''}
      </p>
    </div>
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
