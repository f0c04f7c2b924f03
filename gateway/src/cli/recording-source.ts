/** Where a command reads a recording from: the data folder of this machine, or the API of a gateway. */
import type { RecordingLayout } from '../recording/layout.ts';
import type { ReplayEntry, ReplayRange } from '../recording/replay.ts';
import type { ApiOptions } from './api-client.ts';
import { type DataFolderOptions, dataFolderOf } from './data-folder.ts';
import { CliError } from './errors.ts';

/** Options that say where recordings are. */
export interface RecordingOptions extends ApiOptions, DataFolderOptions {}

/** What to read, and from where on. */
export interface SeekRange extends Omit<ReplayRange, 'fromOffset'> {
  /** From the nearest place on at which all that is known at this time follows. */
  readonly fromKeyMs?: number;
}

/** Whether the options name a folder of this machine; otherwise the API is asked. */
export function isLocal({ dataDir, config, api }: RecordingOptions): boolean {
  if (dataDir !== undefined || config !== undefined) return true;
  if (api !== undefined) return false;
  throw new CliError(
    'ERR_CLI_USAGE',
    'name the data folder by `--data-dir` or `--config`, or the API by `--api`',
  );
}

/** The entries of a recording. @throws RecordingError, CliError */
export async function* readRecording(
  session: string,
  { fromKeyMs, ...range }: SeekRange,
  options: RecordingOptions,
): AsyncGenerator<ReplayEntry> {
  if (!isLocal(options)) {
    const { recordingFromApi } = await import('./api-recording.ts');
    const key = fromKeyMs === undefined ? {} : { fromKeyMs };
    yield* recordingFromApi(session, { ...range, ...key }, options);
    return;
  }
  const { recordingLayout } = await import('../recording/layout.ts');
  const { replayRecording } = await import('../recording/replay.ts');
  const layout = recordingLayout(await dataFolderOf(options));
  const key =
    fromKeyMs === undefined
      ? {}
      : { fromOffset: await keyOffset(layout, session, fromKeyMs), knownMs: fromKeyMs };
  yield* replayRecording(layout, session, { ...range, ...key });
}

/** By the index of the folder, which is brought up to date first: no gateway need run. */
async function keyOffset(layout: RecordingLayout, session: string, ms: number): Promise<number> {
  const { RecordingIndex } = await import('../recording/index/recording-index.ts');
  const index = RecordingIndex.open(layout);
  try {
    await index.catchUp();
    return index.keyPlace({ session, ms }).offset;
  } finally {
    index.close();
  }
}
