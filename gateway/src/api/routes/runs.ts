/** Runs of agents: what one of them did over all its sessions and protocols. */
import {
  type ApiRunDetail,
  type RunPage,
  type RunQuery,
  runDetailSchema,
  runIdSchema,
  runPageSchema,
  runQuerySchema,
} from '../contract/run.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Endpoint } from '../endpoint.ts';
import { recordingsOf, refusalOf } from '../recording-lines.ts';
import { runKey, toApiRun, toApiRunSession, unknownRun } from '../run-view.ts';

const CURSOR = 'n1';

const list: Endpoint<RunQuery, unknown, RunPage> = {
  method: 'get',
  path: '/v1/runs',
  operationId: 'listRuns',
  tag: 'runs',
  summary: 'List runs of agents, the last begun first',
  description: 'Runs that a token names, of sessions that are recorded.',
  role: 'reader',
  query: runQuerySchema,
  answer: { schema: runPageSchema, description: 'A page of runs.' },
  details: ({ query }) =>
    Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)),
  handle: async ({ query }, { services }) => {
    const { cursor, limit, ...rest } = query;
    const asked = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const page = await recordingsOf(services)
      .ask('runs', {
        ...asked,
        limit,
        ...(cursor === undefined ? {} : { cursor: decodeCursor(CURSOR, cursor) }),
      })
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    return {
      runs: page.runs.map(toApiRun),
      ...(page.next === undefined ? {} : { nextCursor: encodeCursor(CURSOR, page.next) }),
    };
  },
};

const show: Endpoint<unknown, unknown, ApiRunDetail> = {
  method: 'get',
  path: '/v1/runs/{id}',
  operationId: 'showRun',
  tag: 'runs',
  summary: 'Show a run with its sessions',
  description: 'What happened in each is in its recording: `GET /v1/sessions/{id}/recording`.',
  role: 'reader',
  id: { schema: runIdSchema, description: 'id of the run: `run_…`' },
  answer: { schema: runDetailSchema, description: 'The run.' },
  details: ({ id }) => ({ run: runKey(id).run }),
  handle: async ({ id }, { services }) => {
    const found = await recordingsOf(services)
      .ask('run', runKey(id))
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    if (found === undefined) throw unknownRun();
    const live = new Set(services.sessions.list().map((session) => session.id));
    return {
      run: toApiRun(found.run),
      sessions: found.sessions.map((session) => toApiRunSession(session, live)),
    };
  },
};

/** The endpoints of runs. */
export const runEndpoints: readonly Endpoint[] = [list, show] as readonly Endpoint[];
