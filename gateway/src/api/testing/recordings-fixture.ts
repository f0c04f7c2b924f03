import { PostgresPlayback } from '../../protocols/postgres/playback/postgres-playback.ts';
import { RecordingIndex } from '../../recording/index/recording-index.ts';
import { recordingLayout } from '../../recording/layout.ts';
import { type ApiRecordings, RecordingStreams } from '../recording-lines.ts';

/** The recordings of a data folder, with an index that is up to date at each search. */
export function recordingsOf(folder: string): ApiRecordings {
  const layout = recordingLayout(folder);
  return {
    layout,
    async ask(question, asked) {
      const index = RecordingIndex.open(layout);
      try {
        await index.catchUp();
        return index.answer(question, asked);
      } finally {
        index.close();
      }
    },
    playback: (protocol) => (protocol === 'postgres' ? new PostgresPlayback() : undefined),
    streams: new RecordingStreams({ total: 3, perPrincipal: 2 }),
  };
}
