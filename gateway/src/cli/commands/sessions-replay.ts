import { parseDurationMs } from '../../policy/duration.ts';
import type { ReplayRange } from '../../recording/replay.ts';
import { RESET } from '../../terminal/safe-terminal.ts';
import { Screen } from '../../terminal/screen.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { knownPlaybacks } from '../known-playbacks.ts';
import { printable } from '../printable.ts';
import { type RecordingOptions, readRecording } from '../recording-source.ts';
import { ReplayText } from '../replay-text.ts';

/** Options of `sessions replay`. */
export interface SessionsReplayOptions extends RecordingOptions {
  readonly speed: string;
  readonly seek?: string;
  readonly exchange?: string;
  readonly rows: string;
  /** False for `--no-wait`. */
  readonly wait: boolean;
  readonly follow?: boolean;
  /** What the terminal of an SSH session showed, on this one. */
  readonly terminal?: boolean;
}

/** Nobody waits longer than this, whatever the session did. */
const MAX_PAUSE_MS = 3_000;
const SCREEN_CHARACTERS = 1024 * 1024;

/** Shows a recording in the terminal as it happened. Exit code 1 when it was cut or has no such exchange. */
export async function replayCommand(
  session: string,
  options: SessionsReplayOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  if (options.terminal === true) {
    await replayTerminal(session, options, { io, setExitCode });
    return;
  }
  const range = rangeOf(options);
  const speed = numberOf('--speed', options.speed, 0.01, 1_000_000);
  const text = new ReplayText(io, numberOf('--rows', options.rows, 0, 100_000));
  const playbacks = knownPlaybacks();
  let last: number | undefined;
  let isFound = range.exchange === undefined;
  for await (const entry of readRecording(session, range, options)) {
    isFound ||= entry.type === 'begin';
    if (options.wait && options.follow !== true && entry.type !== 'session' && entry.type !== 'alive') {
      const pauseMs = last === undefined ? 0 : Math.min(MAX_PAUSE_MS, (entry.ms - last) / speed);
      // The bytes of an entry are good until the next one is asked for, so it may wait.
      if (pauseMs >= 1) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      last = entry.ms;
    }
    text.show(entry, playbacks.read(entry));
  }
  text.finish();
  if (!isFound) {
    io.stderr.write(`the recording has no exchange ${range.exchange}\n`);
    setExitCode(1);
  }
  if (!text.isWhole && options.follow !== true) setExitCode(1);
}

/**
 * Shows the screen of a session, with its colours and movements, and nothing that acts on the terminal here. What lies before the
 * place that is sought is drawn at once, because what comes later is drawn over it.
 */
async function replayTerminal(
  session: string,
  options: SessionsReplayOptions,
  { io, setExitCode }: Pick<CliContext, 'io' | 'setExitCode'>,
): Promise<void> {
  const { fromMs = 0, fromExchange = 0, ...range } = rangeOf(options);
  const speed = numberOf('--speed', options.speed, 0.01, 1_000_000);
  const screen = new Screen();
  const playbacks = knownPlaybacks({ valueCharacters: SCREEN_CHARACTERS });
  let last: number | undefined;
  let isThere = fromExchange === 0;
  let isWhole = false;
  try {
    for await (const entry of readRecording(session, range, options)) {
      isThere ||= entry.exchange >= fromExchange && entry.exchange !== 0;
      isWhole ||= entry.type === 'close';
      for (const event of screen.take(entry, playbacks.read(entry))) {
        const isShown = isThere && event.ms >= fromMs;
        const pauseMs =
          last === undefined || !isShown ? 0 : Math.min(MAX_PAUSE_MS, (event.ms - last) / speed);
        if (options.wait && options.follow !== true && pauseMs >= 1) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
        last = event.ms;
        if (event.code === 'o') io.stdout.write(event.data);
      }
    }
  } finally {
    io.stdout.write(`${RESET}\n`);
  }
  if (!isWhole && options.follow !== true) setExitCode(1);
}

/** What `--seek`, `--exchange` and `--follow` ask for. */
export function rangeOf(options: Pick<SessionsReplayOptions, 'seek' | 'exchange' | 'follow'>): ReplayRange {
  const { seek, exchange, follow } = options;
  return {
    ...(seek === undefined ? {} : placeOf(seek)),
    ...(exchange === undefined ? {} : { exchange: numberOf('--exchange', exchange, 1, 0xffff_ffff) }),
    ...(follow === true ? { follow: true } : {}),
  };
}

function placeOf(seek: string): ReplayRange {
  const number = /^#?([0-9]{1,10})$/.exec(seek)?.[1];
  if (number !== undefined) return { fromExchange: Number(number) };
  const fromMs = parseDurationMs(seek);
  if (fromMs !== undefined) return { fromMs };
  throw new CliError(
    'ERR_CLI_USAGE',
    `\`--seek\` wants the number of an exchange, or a time such as \`90s\` or \`5m\`, got \`${printable(seek, 40)}\``,
  );
}

/** @throws CliError for what is no number within the bounds */
export function numberOf(option: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new CliError(
    'ERR_CLI_USAGE',
    `\`${option}\` wants a number from ${least} to ${most}, got \`${printable(text, 40)}\``,
  );
}
