/** A recording as a stream of lines: pulled by the client, so that a slow one costs one line of memory (P10). */
import type { Playback, PlaybackItem, PlaybackLimits } from '../model/playback.ts';
import type { Principal } from '../model/principal.ts';
import { RecordingError } from '../recording/errors.ts';
import type { RecordingLayout } from '../recording/layout.ts';
import type { OpenRecordings } from '../recording/open-recordings.ts';
import { Playbacks } from '../recording/playbacks.ts';
import type { ReplayEntry, ReplayRange } from '../recording/replay.ts';
import { replayRecording, toLine } from '../recording/replay.ts';
import { Asciicast, withoutTerminal } from '../terminal/asciicast.ts';
import { ApiError } from './errors.ts';
import { isSameSubject } from './event-stream.ts';
import { toProblem } from './problem-response.ts';

/** Longest piece of output of a terminal that is shown whole, in characters. */
const SCREEN_CHARACTERS = 1024 * 1024;

/** Recordings, as the composition root hands them over. */
export interface ApiRecordings {
  readonly layout: RecordingLayout;
  readonly ask: OpenRecordings['ask'];
  /** Undefined for a protocol that the gateway does not know. */
  playback(protocol: string, limits?: PlaybackLimits): Playback | undefined;
  readonly streams: RecordingStreams;
}

/** The recordings of a gateway, read by the playbacks of its protocols. */
export function createApiRecordings(
  { layout, ask }: Pick<ApiRecordings, 'layout' | 'ask'>,
  protocols: readonly { readonly name: string; createPlayback(limits?: PlaybackLimits): Playback }[],
): ApiRecordings {
  const playback: ApiRecordings['playback'] = (name, limits) =>
    protocols.find((protocol) => protocol.name === name)?.createPlayback(limits);
  return { layout, ask, playback, streams: new RecordingStreams() };
}

/** Bounds on streams of recordings. */
export interface RecordingStreamLimits {
  readonly total: number;
  readonly perPrincipal: number;
  readonly maxLifeMs: number;
}

const DEFAULT_LIMITS: RecordingStreamLimits = { total: 16, perPrincipal: 4, maxLifeMs: 3_600_000 };

/** What a stream is of. */
export interface RecordingStreamSource {
  readonly session: string;
  readonly range: ReplayRange;
  /** `asciicast`: what the terminals of a session showed, and nothing that would act on the one who looks. */
  readonly form: 'bytes' | 'rows' | 'asciicast';
  /** The client's token is valid for so long, in milliseconds. */
  readonly validMs: number;
}

/** All streams of recordings of an API. */
export class RecordingStreams {
  readonly #limits: RecordingStreamLimits;
  readonly #open = new Map<AbortController, Principal>();
  #isClosed = false;

  constructor(limits: Partial<RecordingStreamLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Begins a stream; rejects when there is no such recording. @throws ApiError */
  async open(
    recordings: Pick<ApiRecordings, 'layout' | 'playback'>,
    principal: Principal,
    source: RecordingStreamSource,
  ): Promise<ReadableStream<Uint8Array>> {
    const own = [...this.#open.values()].filter((one) => isSameSubject(one, principal)).length;
    if (this.#isClosed || this.#open.size >= this.#limits.total || own >= this.#limits.perPrincipal) {
      throw new ApiError('ERR_API_BUSY', 'as many recordings are being read as may be; try again later');
    }
    const stop = new AbortController();
    this.#open.set(stop, principal);
    const timer = setTimeout(() => stop.abort(), Math.min(source.validMs, this.#limits.maxLifeMs));
    const done = (): void => {
      clearTimeout(timer);
      this.#open.delete(stop);
    };
    stop.signal.addEventListener('abort', done, { once: true });
    const read = source.form === 'asciicast' ? castOf : linesOf;
    const lines = read(recordings, { ...source, range: { ...source.range, signal: stop.signal } });
    try {
      const first = await lines.next();
      return streamOf(first, lines, { form: source.form, done, stop: () => stop.abort() });
    } catch (error) {
      done();
      throw refusalOf(error);
    }
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Ends those of certain principals. */
  end(isOver: (principal: Principal) => boolean): void {
    for (const [stop, principal] of [...this.#open]) if (isOver(principal)) stop.abort();
  }

  /** Ends all, and begins no more. */
  close(): void {
    this.#isClosed = true;
    this.end(() => true);
  }
}

/** The recordings, where there are any. @throws ApiError `ERR_API_UNKNOWN_SESSION` */
export function recordingsOf({ recordings }: { readonly recordings?: ApiRecordings }): ApiRecordings {
  if (recordings === undefined) {
    throw new ApiError(
      'ERR_API_UNKNOWN_SESSION',
      'this gateway records no sessions: `recording.enabled` is false',
    );
  }
  return recordings;
}

/** What the API answers where a recording, or the index, cannot. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof RecordingError)) return error;
  switch (error.code) {
    case 'ERR_RECORDING_UNKNOWN':
      return new ApiError('ERR_API_UNKNOWN_SESSION', error.message);
    case 'ERR_RECORDING_QUERY':
      return new ApiError('ERR_API_INVALID', error.message);
    case 'ERR_RECORDING_INDEX':
      return new ApiError('ERR_API_BUSY', error.message);
    default:
      return error;
  }
}

async function* linesOf(
  { layout, playback }: Pick<ApiRecordings, 'layout' | 'playback'>,
  { session, range, form }: RecordingStreamSource,
): AsyncGenerator<string> {
  const playbacks = new Playbacks((protocol) => playback(protocol));
  for await (const entry of replayRecording(layout, session, range)) {
    const items = form === 'rows' ? playbacks.read(entry) : undefined;
    if (entry.type !== 'data' || form === 'bytes') yield `${toLine(entry)}\n`;
    else yield `${rowsLine(entry, items)}\n`;
  }
}

/** @throws ApiError `ERR_API_INVALID` for a session that has no terminal */
async function* castOf(
  { layout, playback }: Pick<ApiRecordings, 'layout' | 'playback'>,
  { session, range }: RecordingStreamSource,
): AsyncGenerator<string> {
  const cast = new Asciicast(3, false);
  const playbacks = new Playbacks((protocol) => playback(protocol, { valueCharacters: SCREEN_CHARACTERS }));
  for await (const entry of replayRecording(layout, session, range)) {
    const problem = entry.type === 'session' ? withoutTerminal(entry.head) : undefined;
    if (problem !== undefined) throw new ApiError('ERR_API_INVALID', problem);
    const lines = cast.take(entry, playbacks.read(entry));
    if (lines !== '') yield lines;
  }
}

function rowsLine(entry: ReplayEntry & { type: 'data' }, items: readonly PlaybackItem[] | undefined): string {
  if (items === undefined) return toLine(entry);
  const { bytes: _, ...rest } = entry;
  return JSON.stringify({ ...rest, items });
}

function streamOf(
  first: IteratorResult<string, unknown>,
  lines: AsyncGenerator<string>,
  {
    form,
    done,
    stop,
  }: { readonly form: RecordingStreamSource['form']; readonly done: () => void; readonly stop: () => void },
): ReadableStream<Uint8Array> {
  let next: IteratorResult<string, unknown> | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const line: IteratorResult<string, unknown> = next ?? (await lines.next());
          next = undefined;
          if (line.done !== true) {
            controller.enqueue(Buffer.from(line.value));
            return;
          }
        } catch (error) {
          // The answer has begun: its last line says what is wrong.
          const problem = toProblem(error instanceof RecordingError ? readable(error) : error);
          const last = form === 'asciicast' ? [0, 'm', problem.detail] : { type: 'error', problem };
          controller.enqueue(Buffer.from(`${JSON.stringify(last)}\n`));
        }
        done();
        controller.close();
      },
      async cancel() {
        stop();
        done();
        await lines.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

/** Whoever may read recordings may know that one is damaged. */
function readable(error: RecordingError): ApiError {
  return new ApiError('ERR_API_INTERNAL', `the recording cannot be read further: ${error.message}`, {
    cause: error,
  });
}
