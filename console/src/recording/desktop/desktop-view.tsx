/** The player of a recorded desktop. All that it shows is a picture of others; the only text is what they typed. */
import { Button, Group } from '@mantine/core';
import { useDocumentVisibility } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Failure, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { SpeedControl } from '../speed-control.tsx';
import classes from './desktop.module.css';
import { DesktopPlayer, type PlayerState } from './desktop-player.ts';
import { drawDesktop } from './draw-desktop.ts';

/** One step of the line, in milliseconds. */
const STEP_MS = 100;
const AT_FIRST: PlayerState = {
  positionMs: 0,
  isPlaying: false,
  isLive: false,
  isLoading: true,
  keys: '',
  ended: undefined,
  error: undefined,
};

/** A moment of a recording that has a name. */
export interface DesktopMark {
  readonly ms: number;
  readonly name: string;
}

/** What is shown of a session. */
export interface DesktopViewProps {
  readonly session: string;
  /** How long it was, or is by now. */
  readonly durationMs: number;
  /** It goes on: it is followed from the beginning on. */
  readonly isOpen: boolean;
  readonly marks: readonly DesktopMark[];
  /** Where it begins, in milliseconds; without it at the beginning, or where it is by now. */
  readonly startMs?: number | undefined;
}

/** Canvas and controls. */
export function DesktopView({ session, durationMs, isOpen, marks, startMs }: DesktopViewProps): ReactNode {
  const { player, state, screen, pointer } = usePlayer(session, isOpen, startMs);
  const [speed, setSpeed] = useState('1');
  useEffect(() => player.current?.setSpeed(Number(speed)), [player, speed, session]);
  const { positionMs, isLive, isPlaying, ended } = state;
  const seek = (ms: number): void => player.current?.seek(ms);
  const lengthMs = Math.max(ended?.ms ?? (isLive ? 0 : durationMs), positionMs, 1);
  return (
    <div className={classes.replay}>
      <div className={classes.stage}>
        <canvas aria-label="The recorded desktop" className={classes.screen} ref={screen} role="img" />
        <canvas aria-hidden="true" className={classes.pointer} ref={pointer} />
        {state.keys === '' ? null : (
          <output aria-label="Keys" className={classes.keys}>
            <VisibleText>{state.keys}</VisibleText>
          </output>
        )}
      </div>
      {state.error === undefined ? null : (
        <Failure again={() => (isLive ? player.current?.follow() : seek(positionMs))} error={state.error} />
      )}
      <Group gap="sm" wrap="nowrap">
        <Button
          onClick={() => (isLive || isPlaying ? player.current?.pause() : player.current?.play())}
          size="compact-sm"
          variant="default"
        >
          {isLive ? 'Look back' : isPlaying ? 'Pause' : 'Play'}
        </Button>
        <input
          aria-label="Place in the recording"
          aria-valuetext={clock(positionMs)}
          className={classes.line}
          max={Math.ceil(lengthMs)}
          min={0}
          onChange={({ currentTarget }) => seek(Number(currentTarget.value))}
          step={STEP_MS}
          type="range"
          value={Math.floor(positionMs)}
        />
        <span className={classes.time} data-loading={state.isLoading}>
          {isLive ? clock(positionMs) : `${clock(positionMs)} / ${clock(lengthMs)}`}
        </span>
        {isLive ? (
          <Tag icon="play" tone="mark">
            following
          </Tag>
        ) : (
          <SpeedControl onChange={setSpeed} speed={speed} />
        )}
        {isOpen && !isLive && ended === undefined ? (
          <Button onClick={() => player.current?.follow()} size="compact-sm" variant="default">
            Follow
          </Button>
        ) : null}
      </Group>
      <Marks ended={ended} marks={marks} onSeek={seek} />
    </div>
  );
}

/** A player for the life of a page, which draws on its canvases. */
function usePlayer(session: string, isOpen: boolean, startMs: number | undefined) {
  const screen = useRef<HTMLCanvasElement>(null);
  const pointer = useRef<HTMLCanvasElement>(null);
  const player = useRef<DesktopPlayer>(undefined);
  const [state, setState] = useState(AT_FIRST);
  // That it ends is in the recording.
  const [isFollowed] = useState(isOpen);
  useEffect(() => {
    const made = new DesktopPlayer(session, {
      onState: setState,
      onDraw: (desktop, damage) => {
        const canvases = { screen: screen.current, pointer: pointer.current };
        if (canvases.screen === null || canvases.pointer === null) return;
        drawDesktop(desktop, damage, { screen: canvases.screen, pointer: canvases.pointer });
      },
    });
    player.current = made;
    if (isFollowed && startMs === undefined) made.follow();
    else made.seek(startMs ?? 0);
    let beforeMs = performance.now();
    let frame = requestAnimationFrame(function step(nowMs) {
      made.step(nowMs - beforeMs);
      beforeMs = nowMs;
      frame = requestAnimationFrame(step);
    });
    return () => {
      cancelAnimationFrame(frame);
      made.close();
      player.current = undefined;
    };
  }, [session, isFollowed, startMs]);
  useEffect(() => player.current?.setOpen(isOpen), [session, isOpen]);
  // A page that nobody sees draws nothing, and must not be sent what happens meanwhile.
  const isSeen = useDocumentVisibility() !== 'hidden';
  const { isLive } = state;
  useEffect(() => {
    if (!isLive || isSeen) return undefined;
    player.current?.close();
    return () => player.current?.follow();
  }, [isLive, isSeen]);
  return { player, state, screen, pointer };
}

function Marks(props: {
  readonly marks: readonly DesktopMark[];
  readonly ended: PlayerState['ended'];
  readonly onSeek: (ms: number) => void;
}): ReactNode {
  const { marks, ended } = props;
  const all = [...marks, ...(ended === undefined ? [] : [{ ms: ended.ms, name: `end: ${ended.reason}` }])];
  if (all.length === 0) return null;
  return (
    <ol aria-label="Marks" className={classes.marks}>
      {all.map(({ ms, name }) => (
        <li key={`${ms} ${name}`}>
          <button className={classes.mark} onClick={() => props.onSeek(ms)} type="button">
            <span>{clock(ms)}</span> <VisibleText>{name}</VisibleText>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Minutes and seconds; hours where there are some. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (parts[0] === 0 ? parts.slice(1) : parts)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
}
