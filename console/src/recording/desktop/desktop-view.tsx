/** The player of a recorded desktop. All that it shows is a picture of others; the only text is what they typed. */
import { Button, Group } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Failure } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { SpeedControl } from '../speed-control.tsx';
import classes from './desktop.module.css';
import { DesktopPlayer, type PlayerState } from './desktop-player.ts';
import { drawDesktop } from './draw-desktop.ts';

const KEY_STEP_MS = 5_000;
const AT_FIRST: PlayerState = {
  positionMs: 0,
  isPlaying: false,
  isLoading: true,
  keys: '',
  marks: [],
  ended: undefined,
  error: undefined,
};

/** Canvas and controls. */
export function DesktopView(props: { readonly session: string; readonly durationMs: number }): ReactNode {
  const { session } = props;
  const screen = useRef<HTMLCanvasElement>(null);
  const pointer = useRef<HTMLCanvasElement>(null);
  const player = useRef<DesktopPlayer>(undefined);
  const [state, setState] = useState(AT_FIRST);
  const [speed, setSpeed] = useState('1');
  useEffect(() => {
    const made = new DesktopPlayer(session, setState, (desktop, damage) => {
      const canvases = { screen: screen.current, pointer: pointer.current };
      if (damage === undefined || canvases.screen === null || canvases.pointer === null) return;
      drawDesktop(desktop, damage, { screen: canvases.screen, pointer: canvases.pointer });
    });
    player.current = made;
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
  }, [session]);
  useEffect(() => player.current?.setSpeed(Number(speed)), [speed, session]);
  const lengthMs = Math.max(state.ended?.ms ?? props.durationMs, state.positionMs, 1);
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
        <Failure again={() => player.current?.seek(state.positionMs)} error={state.error} />
      )}
      <Group gap="sm" wrap="nowrap">
        <Button
          onClick={() => (state.isPlaying ? player.current?.pause() : player.current?.play())}
          size="compact-sm"
          variant="default"
        >
          {state.isPlaying ? 'Pause' : 'Play'}
        </Button>
        <input
          aria-label="Place in the recording"
          aria-valuetext={clock(state.positionMs)}
          className={classes.line}
          max={Math.ceil(lengthMs)}
          min={0}
          onChange={({ currentTarget }) => player.current?.seek(Number(currentTarget.value))}
          step={KEY_STEP_MS / 50}
          type="range"
          value={Math.floor(state.positionMs)}
        />
        <span className={classes.time} data-loading={state.isLoading}>
          {clock(state.positionMs)} / {clock(lengthMs)}
        </span>
        <SpeedControl onChange={setSpeed} speed={speed} />
      </Group>
      <Marks onSeek={(ms) => player.current?.seek(ms)} state={state} />
    </div>
  );
}

function Marks(props: { readonly state: PlayerState; readonly onSeek: (ms: number) => void }): ReactNode {
  const { marks, ended } = props.state;
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
