import type { PlaybackItem } from '../../model/playback.ts';
import { parseDurationMs } from '../../policy/duration.ts';
import { Asciicast, withoutTerminal } from '../../terminal/asciicast.ts';
import type { CliContext, CliIo } from '../command.ts';
import { csvLine } from '../csv.ts';
import type { DesktopExportOptions } from '../desktop/export-desktop.ts';
import { CliError } from '../errors.ts';
import { HarExport } from '../har/har-export.ts';
import { knownPlaybacks } from '../known-playbacks.ts';
import { readRecording } from '../recording-source.ts';
import { numberOf } from './sessions-replay.ts';

/** Options of `sessions export`. */
export interface SessionsExportOptions extends DesktopExportOptions {
  readonly exchange?: string;
  /** False for `--no-formula-guard`. */
  readonly formulaGuard: boolean;
  readonly bytes?: boolean;
  /** An HTTP archive, whatever `format` says. */
  readonly har?: boolean;
  /** Asciicast: sequences for the terminal stay as they were recorded. */
  readonly rawEscapes?: boolean;
}

/** Values are exported whole, up to this length. */
const VALUE_CHARACTERS = 16 * 1024 * 1024;

/** Writes a recording, or the results of one exchange, to standard output. Exit code 1 when something is missing. */
export async function exportCommand(
  session: string,
  options: SessionsExportOptions,
  context: CliContext,
): Promise<void> {
  const missing =
    options.har === true
      ? await exportHar(session, options, context)
      : ((await exportDesktop(session, options, context)) ?? (await exportLines(session, options, context)));
  if (missing === '') return;
  context.io.stderr.write(`warning: ${missing}\n`);
  context.setExitCode(1);
}

/** What is missing; empty where nothing is. */
async function exportHar(
  session: string,
  options: SessionsExportOptions,
  { io }: CliContext,
): Promise<string> {
  const { exchange, format } = options;
  if (format !== 'ndjson')
    throw new CliError('ERR_CLI_USAGE', '`--har` is a format by itself: leave `--format` out');
  const out = new HarExport((text) => writeOut(io, text));
  let isFound = exchange === undefined;
  try {
    for await (const entry of readRecording(session, rangeOf(options), options)) {
      if (entry.type === 'begin') isFound = true;
      await out.take(entry);
    }
  } finally {
    await out.end();
  }
  return isFound ? out.missing : NO_EXCHANGE;
}

/** The forms that desktops have; undefined for any other. */
async function exportDesktop(
  session: string,
  options: SessionsExportOptions,
  context: CliContext,
): Promise<string | undefined> {
  const { format, at, fps = '10', speed = '1' } = options;
  if (!['png', 'video', 'keys'].includes(format)) return undefined;
  const { exportKeys, exportPicture } = await import('../desktop/export-desktop.ts');
  if (format === 'png') return exportPicture(session, options, at === undefined ? undefined : timeOf(at));
  if (format === 'keys') return exportKeys(session, options, context);
  const { exportVideo } = await import('../desktop/export-video.ts');
  const rates = { fps: numberOf('--fps', fps, 1, 60), speed: numberOf('--speed', speed, 0.1, 1000) };
  return exportVideo(session, options, rates);
}

function timeOf(at: string): number {
  const ms = parseDurationMs(at);
  if (ms !== undefined) return ms;
  throw new CliError('ERR_CLI_USAGE', '`--at` wants a time since the opening, such as `90s` or `5m`');
}

const NO_EXCHANGE = 'the recording has no such exchange';

function rangeOf({ exchange }: SessionsExportOptions): { readonly exchange?: number } {
  return exchange === undefined ? {} : { exchange: numberOf('--exchange', exchange, 1, 0xffff_ffff) };
}

/** What is missing; empty where nothing is. */
async function exportLines(
  session: string,
  options: SessionsExportOptions,
  context: CliContext,
): Promise<string> {
  const { format, exchange } = options;
  if (!isFormat(format)) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '`--format` is `ndjson`, `csv`, `asciicast-v3`, `asciicast-v2`, `png`, `video` or `keys`',
    );
  }
  if (format === 'csv' && exchange === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'a CSV file has the results of one exchange: name it by `--exchange`',
    );
  }
  const out = exportOf(format, options, context.io);
  const playbacks = knownPlaybacks({ valueCharacters: VALUE_CHARACTERS });
  let isFound = exchange === undefined;
  let missing = '';
  for await (const entry of readRecording(session, rangeOf(options), options)) {
    if (entry.type === 'begin') isFound = true;
    if (entry.type === 'cap') missing = 'a cap was reached: not all of the result was recorded';
    if (entry.type === 'cut') missing = 'the recording was cut';
    const items = playbacks.read(entry);
    if (items?.some((item) => item.kind === 'unreadable' || (item.kind === 'row' && item.isCut)) === true)
      missing = 'a value is too long, or cannot be read';
    await out.write(entry, items);
  }
  return isFound ? missing : NO_EXCHANGE;
}

type Format = 'ndjson' | 'csv' | 'asciicast-v3' | 'asciicast-v2';

function isFormat(text: string): text is Format {
  return ['ndjson', 'csv', 'asciicast-v3', 'asciicast-v2'].includes(text);
}

interface LineExport {
  write(entry: Entry, items: readonly PlaybackItem[] | undefined): Promise<void>;
}

function exportOf(format: Format, options: SessionsExportOptions, io: CliIo): LineExport {
  switch (format) {
    case 'csv':
      return new CsvExport(io, options.formulaGuard);
    case 'ndjson':
      return new NdjsonExport(io, options.bytes === true);
    default: {
      const cast = new Asciicast(format === 'asciicast-v3' ? 3 : 2, options.rawEscapes === true);
      return {
        write(entry, items) {
          const problem = entry.type === 'session' ? withoutTerminal(entry.head) : undefined;
          if (problem !== undefined) throw new CliError('ERR_CLI_USAGE', problem);
          return writeOut(io, cast.take(entry, items));
        },
      };
    }
  }
}

type Entry = import('../../recording/replay.ts').ReplayEntry;

/** Everything, a line each; results as rows, and as bytes where asked for. */
class NdjsonExport {
  readonly #io: CliIo;
  readonly #hasBytes: boolean;

  constructor(io: CliIo, hasBytes: boolean) {
    this.#io = io;
    this.#hasBytes = hasBytes;
  }

  async write(entry: Entry, items: readonly PlaybackItem[] | undefined): Promise<void> {
    if (entry.type !== 'data') return writeOut(this.#io, `${JSON.stringify(entry)}\n`);
    const { bytes, ...rest } = entry;
    const raw = this.#hasBytes || items === undefined ? { bytes: bytes.toString('base64') } : {};
    return writeOut(this.#io, `${JSON.stringify({ ...rest, length: bytes.length, items, ...raw })}\n`);
  }
}

/** The rows of an exchange; a further result begins after an empty line. */
class CsvExport {
  readonly #io: CliIo;
  readonly #isSafe: boolean;
  #results = 0;

  constructor(io: CliIo, isSafe: boolean) {
    this.#io = io;
    this.#isSafe = isSafe;
  }

  async write(_entry: Entry, items: readonly PlaybackItem[] | undefined): Promise<void> {
    let text = '';
    for (const item of items ?? []) {
      if (item.kind === 'row') text += csvLine(item.cells, this.#isSafe);
      if (item.kind !== 'columns') continue;
      if (this.#results > 0) text += '\r\n';
      this.#results += 1;
      text += csvLine(
        item.columns.map(({ name }) => name),
        this.#isSafe,
      );
    }
    if (text !== '') await writeOut(this.#io, text);
  }
}

/** Waits where the reader of our output is slow: an export may be large. */
async function writeOut({ stdout }: CliIo, text: string): Promise<void> {
  if (stdout.write(text) !== false || !('once' in stdout) || typeof stdout.once !== 'function') return;
  const stream = stdout as unknown as { once(event: 'drain', listener: () => void): void };
  await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
}
