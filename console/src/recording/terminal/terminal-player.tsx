/** The terminal of a session, played by asciinema-player. What it gets has no sequence that acts on a terminal; it draws text. */
import 'asciinema-player/dist/bundle/asciinema-player.css';
import { create, type Player } from 'asciinema-player';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { theme } from '../../design/theme.ts';
import type { Cast } from './cast.ts';
import classes from './terminal.module.css';

/** Whoever looks does not wait longer than this, whatever the session did. */
const LONGEST_PAUSE_SECONDS = 2;
/** Before it is played it shows how it ended. */
const POSTER = 'npt:999:59:59';

/** What others may do with a player. */
export interface PlayerHandle {
  /** Goes to a mark, by its number among the marks. */
  seekMark(index: number): void;
}

/** A player of one recording. @param props.speed 1 is as it happened */
export function TerminalPlayer(props: {
  readonly cast: Cast;
  readonly speed: number;
  readonly ref: Ref<PlayerHandle>;
}): ReactNode {
  const { cast, speed, ref } = props;
  const place = useRef<HTMLDivElement>(null);
  const player = useRef<Player>(undefined);
  /** Where it stood when the speed was changed: the player has one speed for its life. */
  const before = useRef({ cast, atSeconds: 0, isPlaying: false });
  useEffect(() => {
    if (place.current === null) return undefined;
    if (before.current.cast !== cast) before.current = { cast, atSeconds: 0, isPlaying: false };
    const { atSeconds, isPlaying } = before.current;
    const made = create({ data: () => [...cast.lines], parser: 'asciicast' }, place.current, {
      speed,
      idleTimeLimit: LONGEST_PAUSE_SECONDS,
      fit: 'width',
      controls: true,
      keystrokeOverlay: false,
      cursorMode: 'steady',
      terminalFontFamily: theme.fontFamilyMonospace,
      preload: true,
      ...(atSeconds > 0 ? { startAt: atSeconds, autoPlay: isPlaying } : { poster: POSTER }),
    });
    let isRunning = false;
    made.addEventListener('playing', () => (isRunning = true));
    made.addEventListener('pause', () => (isRunning = false));
    made.addEventListener('ended', () => (isRunning = false));
    player.current = made;
    return () => {
      before.current = { cast, atSeconds: made.getCurrentTime(), isPlaying: isRunning };
      player.current = undefined;
      made.dispose();
    };
  }, [cast, speed]);
  useImperativeHandle(ref, () => ({
    seekMark(index) {
      void player.current?.seek({ marker: index });
    },
  }));
  return <div className={classes.player} ref={place} />;
}
