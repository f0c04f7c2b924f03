/** A recorded desktop as files: a picture of a moment, a video, or what was typed as text. */
import { writeFileSync } from 'node:fs';
import { DesktopPlayback } from '../../protocols/rdp/playback/desktop-playback.ts';
import { encodePng } from '../../protocols/rdp/playback/png.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';
import { type RecordingOptions, readRecording } from '../recording-source.ts';
import { secondsOf } from './clock.ts';
import { DesktopReader } from './desktop-reader.ts';

const MAX_LINE = 4_000;
/** Later than any recording ends. */
const END_MS = 2 ** 40;

/** Options of the forms of a desktop. */
export interface DesktopExportOptions extends RecordingOptions {
  readonly format: string;
  /** A time such as `90s`. */
  readonly at?: string;
  readonly output?: string;
  readonly fps?: string;
  readonly speed?: string;
}

/** Writes the picture that the desktop showed at a time, by default at its end. Answers what is missing. */
export async function exportPicture(
  session: string,
  options: DesktopExportOptions,
  atMs: number | undefined,
): Promise<string> {
  const file = outputOf(options);
  const reader = new DesktopReader();
  const range = atMs === undefined ? { fromKeyMs: END_MS } : { fromKeyMs: atMs, untilMs: atMs };
  for await (const entry of readRecording(session, range, options)) reader.take(entry);
  const { screen, isKnown } = reader.drawn();
  if (screen === undefined)
    throw new CliError('ERR_CLI_USAGE', 'at that time the desktop showed nothing yet');
  writeFileSync(file, encodePng(screen.width, screen.height, screen.rgba));
  return isKnown ? reader.missing : 'a part of the picture is not on record';
}

/** Prints keys, text of the clipboard and marks, a line each with its time. Answers what is missing. */
export async function exportKeys(
  session: string,
  options: DesktopExportOptions,
  { io }: Pick<CliContext, 'io'>,
): Promise<string> {
  const playback = new DesktopPlayback();
  let missing = '';
  for await (const entry of readRecording(session, { kind: 'request' }, options)) {
    if (entry.type === 'cap' || entry.type === 'cut') missing = 'the recording is not whole';
    const items = entry.type === 'data' ? playback.take(entry.bytes, entry.kind) : [];
    const texts = items.flatMap((item) => {
      if (item.kind === 'text') return [`typed: ${item.text}`];
      return item.kind === 'report' ? [`${item.code}: ${item.message}`] : [];
    });
    if (entry.type === 'note') texts.push(`mark: ${JSON.stringify(entry.head)}`);
    for (const text of texts) io.stdout.write(`${secondsOf(entry.ms)}  ${printable(text, MAX_LINE)}\n`);
  }
  return missing;
}

/** @throws CliError where no file was named */
export function outputOf({ output, format }: DesktopExportOptions): string {
  if (output !== undefined) return output;
  throw new CliError('ERR_CLI_USAGE', `\`--format ${format}\` is written to a file: name it by \`--output\``);
}
