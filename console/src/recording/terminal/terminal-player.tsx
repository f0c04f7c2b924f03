/** The terminal of a session, shown by asciinema-player. What it gets has no sequence that acts on a terminal; it draws text. */
import 'asciinema-player/dist/bundle/asciinema-player.css';
import { create, type Options, type Player, type Source } from 'asciinema-player';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { AsciicastLine } from '../../../../gateway/src/api/contract/recording.ts';
import { theme } from '../../design/theme.ts';
import type { Cast } from './cast.ts';
import type { CastView } from './cast-view.ts';
import { LiveDriver } from './live-driver.ts';
import classes from './terminal.module.css';

/** Whoever looks does not wait longer than this, whatever the session did. */
const LONGEST_PAUSE_SECONDS = 2;
/** Before it is played it shows how it ended. */
const POSTER = 'npt:999:59:59';
const LOOKS: Options = {
  fit: 'width',
  controls: true,
  keystrokeOverlay: false,
  cursorMode: 'steady',
  terminalFontFamily: theme.fontFamilyMonospace,
};

/** What others may do with a player. */
export interface PlayerHandle {
  /** Goes to a mark, by its number among the marks. */
  seekMark(index: number): void;
}

/** A player of one recording. @param props.speed 1 is as it happened; @param props.onEnd it was played to its end, in seconds of the player */
export function TerminalPlayer(props: {
  readonly view: CastView & { readonly kind: 'replay' };
  readonly speed: number;
  readonly onEnd: (atSeconds: number) => void;
  readonly ref: Ref<PlayerHandle>;
}): ReactNode {
  const { view, speed, onEnd, ref } = props;
  const place = useRef<HTMLDivElement>(null);
  const player = useRef<Player>(undefined);
  const ended = useRef(onEnd);
  useEffect(() => {
    ended.current = onEnd;
  });
  /** Where it stood when the speed was changed: the player has one speed for its life. */
  const stood = useRef<{ readonly view: CastView; readonly atSeconds: number; readonly isPlaying: boolean }>(
    undefined,
  );
  useEffect(() => {
    if (place.current === null) return undefined;
    const { cast, from } = view;
    const before = stood.current?.view === view ? stood.current : undefined;
    const { atSeconds, isPlaying } = before ?? {
      atSeconds: from !== undefined && 'seconds' in from ? from.seconds : 0,
      isPlaying: true,
    };
    const data = (): AsciicastLine[] => cast.lines.slice(0, cast.length);
    const made = create({ data, parser: 'asciicast' }, place.current, {
      ...LOOKS,
      speed,
      idleTimeLimit: LONGEST_PAUSE_SECONDS,
      preload: true,
      ...(atSeconds > 0 ? { startAt: atSeconds, autoPlay: isPlaying } : { poster: POSTER }),
    });
    if (before === undefined && from !== undefined && 'mark' in from) void made.seek({ marker: from.mark });
    let isRunning = false;
    made.addEventListener('playing', () => (isRunning = true));
    made.addEventListener('pause', () => (isRunning = false));
    made.addEventListener('ended', () => {
      isRunning = false;
      if (player.current === made) ended.current(made.getCurrentTime());
    });
    player.current = made;
    return () => {
      stood.current = { view, atSeconds: made.getCurrentTime(), isPlaying: isRunning };
      player.current = undefined;
      made.dispose();
    };
  }, [view, speed]);
  useImperativeHandle(ref, () => ({
    seekMark(index) {
      void player.current?.seek({ marker: index });
    },
  }));
  return <div className={classes.player} ref={place} />;
}

/** The newest of a terminal, as it comes. It cannot be sought in: for that there is the player of what was. */
export function LiveTerminal({ cast }: { readonly cast: Cast }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const live = useRef<LiveDriver>(undefined);
  const newest = useRef(cast);
  useEffect(() => {
    newest.current = cast;
    live.current?.take(cast);
  }, [cast]);
  useEffect(() => {
    if (place.current === null) return undefined;
    live.current = new LiveDriver(newest.current);
    // The player takes such a source; its types do not say so.
    const source = live.current.driver as unknown as Source;
    const made = create(source, place.current, { ...LOOKS, autoPlay: true });
    return () => {
      live.current = undefined;
      made.dispose();
    };
  }, []);
  return <div className={classes.player} data-live="" ref={place} />;
}
