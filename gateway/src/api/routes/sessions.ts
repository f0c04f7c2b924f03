/** Sessions, live and past, and their end. */

import type { ApiServices } from '../api-services.ts';
import {
  type ExchangeQuery,
  exchangeQuerySchema,
  type SessionTranscript,
  sessionTranscriptSchema,
} from '../contract/exchange.ts';
import {
  type KillAnswer,
  type KillRequest,
  killAnswerSchema,
  killRequestSchema,
  type SessionPage,
  type SessionQuery,
  sessionEventSchema,
  sessionIdSchema,
  sessionPageSchema,
  sessionQuerySchema,
} from '../contract/session.ts';
import type { Endpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import { followSessions } from '../follow-sessions.ts';
import { readSessionPage } from '../session-page.ts';
import { readTranscript } from '../session-transcript.ts';

const ID = { schema: sessionIdSchema, description: 'id of the session: `ses_…`' };

const list: Endpoint<SessionQuery, unknown, SessionPage> = {
  method: 'get',
  path: '/v1/sessions',
  operationId: 'listSessions',
  tag: 'sessions',
  summary: 'List sessions, live and past, the last opened first',
  role: 'reader',
  query: sessionQuerySchema,
  answer: { schema: sessionPageSchema, description: 'A page of sessions.' },
  details: ({ query }) => ({ ...defined(query) }),
  handle: ({ query }, { services }) => {
    const { audit } = services;
    return audit.scans.run(() => readSessionPage(audit.folder, query, liveIds(services)));
  },
};

const events: Endpoint<unknown, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/sessions/events',
  operationId: 'followSessions',
  tag: 'sessions',
  summary: 'Follow that sessions open and end, as server-sent events',
  description:
    'An event `ready` at first, and `changed` half a second after something changed, and some seconds after: list again. The stream ends with the token, and after a quarter of an hour: ask again.',
  role: 'reader',
  answer: {
    schema: sessionEventSchema,
    description: 'Events `ready`, `changed`.',
    mediaType: 'text/event-stream',
  },
  details: () => ({}),
  handle: (_request, scope) => followSessions(scope),
};

const show: Endpoint<ExchangeQuery, unknown, SessionTranscript> = {
  method: 'get',
  path: '/v1/sessions/{id}',
  operationId: 'showSession',
  tag: 'sessions',
  summary: 'Show a session and what was asked in it',
  description: 'The first exchange first. A page also ends when it grows large, whatever `limit` says.',
  role: 'reader',
  id: ID,
  query: exchangeQuerySchema,
  answer: { schema: sessionTranscriptSchema, description: 'The session and a page of its exchanges.' },
  details: ({ id, query }) => ({ session: id, ...defined(query) }),
  handle: async ({ id, query }, { services }) => {
    const { audit } = services;
    const found = await audit.scans.run(() => readTranscript(audit.folder, id, query));
    if (found === undefined) throw unknown('the audit has no session of this id');
    return { ...found, session: { ...found.session, live: liveIds(services).has(id) } };
  },
};

const kill: Endpoint<unknown, KillRequest, KillAnswer> = {
  method: 'post',
  path: '/v1/sessions/{id}/kill',
  operationId: 'killSession',
  tag: 'sessions',
  summary: 'End a live session at once',
  description:
    'Cancels its work on the resource and closes both sides before the answer. The client is told that an administrator did it. Its token stays valid: whoever may connect can connect again.',
  role: 'admin',
  id: ID,
  body: killRequestSchema,
  answer: { schema: killAnswerSchema, description: 'It is killed, and that is on record.' },
  isSynced: true,
  details: ({ id, body }) => ({ session: id, ...defined(body) }),
  handle: ({ id, body }, { services }) => {
    const session = services.sessions.list().find((one) => one.id === id);
    if (session === undefined) throw unknown('no session of this id runs on this gateway');
    session.kill(`an administrator ended this session${body.reason === undefined ? '' : `: ${body.reason}`}`);
    return { session: id, killed: true };
  },
};

/** The endpoints of sessions. */
export const sessionEndpoints: readonly Endpoint[] = [list, events, show, kill] as readonly Endpoint[];

function liveIds({ sessions }: ApiServices): ReadonlySet<string> {
  return new Set(sessions.list().map(({ id }) => id));
}

function unknown(message: string): ApiError {
  return new ApiError('ERR_API_UNKNOWN_SESSION', message);
}

function defined<Value extends object>(value: Value): Record<string, string | number> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
