/** Recordings: one as it happened, and a search through all. Each look at them is itself on record. */
import type { JsonObject } from '../../model/json.ts';
import type { ReplayRange } from '../../recording/replay.ts';
import {
  asciicastLineSchema,
  type RecordingQuery,
  recordingLineSchema,
  recordingQuerySchema,
  type SearchPage,
  type SearchQuery,
  searchPageSchema,
  searchQuerySchema,
  type TerminalQuery,
  terminalQuerySchema,
} from '../contract/recording.ts';
import { sessionIdSchema } from '../contract/session.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Endpoint } from '../endpoint.ts';
import { type ApiRecordings, recordingsOf, refusalOf } from '../recording-lines.ts';

const CURSOR = 'r1';

const recording: Endpoint<RecordingQuery, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/sessions/{id}/recording',
  operationId: 'readRecording',
  tag: 'sessions',
  summary: 'Read the recording of a session, or follow it while it is live',
  description:
    'One line of JSON for each thing that happened, in order, as masked for the client. A last line of type `error` says that the rest cannot be read. The stream ends with the token.',
  role: 'reader',
  id: { schema: sessionIdSchema, description: 'id of the session: `ses_…`' },
  query: recordingQuerySchema,
  answer: {
    schema: recordingLineSchema,
    description: 'Lines of JSON.',
    mediaType: 'application/x-ndjson',
  },
  details: ({ id, query }) => ({ session: id, ...defined(query) }),
  handle: async ({ id, query }, { services, principal, recorded }) => {
    const recordings = recordingsOf(services);
    // A stream begins before its answer is over: what is read must be on record first.
    await recorded;
    const { exchange, fromExchange, fromMs, fromKeyMs, untilMs, kind, follow, form } = query;
    const key = fromKeyMs === undefined ? {} : await keyPlace(recordings, id, fromKeyMs);
    const range: ReplayRange = {
      ...(exchange === undefined ? {} : { exchange }),
      ...(fromExchange === undefined ? {} : { fromExchange }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...key,
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(kind === undefined ? {} : { kind }),
      follow: follow === '1',
    };
    const validMs = Math.max(0, principal.expiresAtMs - services.clock.nowMs());
    return recordings.streams.open(recordings, principal, { session: id, range, form, validMs });
  },
};

const terminal: Endpoint<TerminalQuery, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/sessions/{id}/asciicast',
  operationId: 'readTerminal',
  tag: 'sessions',
  summary:
    'Read what the terminals of an SSH session showed, as asciicast version 3, or follow it while it is live',
  description:
    'As far as the session is recorded. Decisions and ends of commands are marks. Text, colours and movements of the cursor only: sequences that would act on a terminal are left out. While it is followed and nothing happens, empty output says so. A last mark says that the rest cannot be read. The stream ends with the token.',
  role: 'reader',
  id: { schema: sessionIdSchema, description: 'id of the session: `ses_…`' },
  query: terminalQuerySchema,
  answer: {
    schema: asciicastLineSchema,
    description: 'Lines of JSON, as docs.asciinema.org/manual/asciicast/v3 has them.',
    mediaType: 'application/x-asciicast',
  },
  details: ({ id, query }) => ({ session: id, form: 'asciicast', ...defined(query) }),
  handle: async ({ id, query }, { services, principal, recorded }) => {
    const recordings = recordingsOf(services);
    await recorded;
    const validMs = Math.max(0, principal.expiresAtMs - services.clock.nowMs());
    return recordings.streams.open(recordings, principal, {
      session: id,
      range: { follow: query.follow === '1' },
      form: 'asciicast',
      validMs,
    });
  },
};

const search: Endpoint<SearchQuery, unknown, SearchPage> = {
  method: 'get',
  path: '/v1/exchanges',
  operationId: 'searchExchanges',
  tag: 'sessions',
  summary: 'Search what was asked in all recorded sessions, the newest first',
  role: 'reader',
  query: searchQuerySchema,
  answer: { schema: searchPageSchema, description: 'A page of exchanges.' },
  // The words may hold data: that there were some is on record, and how many.
  details: ({ query: { query, ...rest } }) => ({
    ...defined(rest),
    ...(query === undefined ? {} : { words: query.split(/\s+/).length }),
  }),
  handle: async ({ query }, { services }) => {
    const { query: words, since, until, cursor, limit, ...rest } = query;
    const asked = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const page = await recordingsOf(services)
      .ask('search', {
        ...asked,
        limit,
        ...(words === undefined ? {} : { words }),
        ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
        ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
        ...(cursor === undefined ? {} : { cursor: decodeCursor(CURSOR, cursor) }),
      })
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    const exchanges = page.exchanges.map(({ offset: _, ...found }) => found);
    return { exchanges, ...(page.next === undefined ? {} : { nextCursor: encodeCursor(CURSOR, page.next) }) };
  },
};

/** The endpoints of recordings. */
export const recordingEndpoints: readonly Endpoint[] = [recording, terminal, search] as readonly Endpoint[];

/** Where to begin so that all is known at a time. @throws ApiError */
async function keyPlace(
  { ask }: ApiRecordings,
  session: string,
  knownMs: number,
): Promise<Pick<ReplayRange, 'fromOffset' | 'knownMs'>> {
  try {
    const { offset } = await ask('keyPlace', { session, ms: knownMs });
    return { fromOffset: offset, knownMs };
  } catch (error) {
    throw refusalOf(error);
  }
}

function defined(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
