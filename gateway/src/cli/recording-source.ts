/** Where a command reads a recording from: the data folder of this machine, or the API of a gateway. */
import type { ReplayEntry, ReplayRange } from '../recording/replay.ts';
import type { ApiOptions } from './api-client.ts';
import { type DataFolderOptions, dataFolderOf } from './data-folder.ts';
import { CliError } from './errors.ts';

/** Options that say where recordings are. */
export interface RecordingOptions extends ApiOptions, DataFolderOptions {}

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
  range: ReplayRange,
  options: RecordingOptions,
): AsyncGenerator<ReplayEntry> {
  if (!isLocal(options)) {
    const { recordingFromApi } = await import('./api-recording.ts');
    yield* recordingFromApi(session, range, options);
    return;
  }
  const { recordingLayout } = await import('../recording/layout.ts');
  const { replayRecording } = await import('../recording/replay.ts');
  yield* replayRecording(recordingLayout(await dataFolderOf(options)), session, range);
}
