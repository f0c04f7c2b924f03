/**
 * The order in which a request of the API is served stands here only:
 * who → may they → what exactly → on record → done and read → the record is durable → answered.
 * Nothing leaves without its record, and nothing is looked up for somebody who may not know of it.
 */
import type { Context } from 'hono';
import type { ApiAccess } from '../model/audit-event.ts';
import type { Principal } from '../model/principal.ts';
import type { ApiEnv, ApiServices } from './api-services.ts';
import { authenticate } from './authenticate.ts';
import type { Endpoint } from './endpoint.ts';
import { ApiError } from './errors.ts';
import { ANSWER_HEADERS } from './problem-response.ts';
import { readInput } from './read-input.ts';
import { AUDIENCE, mayUse, rolesOf } from './roles.ts';

/** Serves one request. @throws what `problemResponse` turns into an answer */
export async function serveEndpoint(
  endpoint: Endpoint,
  context: Context<ApiEnv>,
  services: ApiServices,
): Promise<Response> {
  const { method } = context.req;
  const sourceAddress = context.env.remoteAddress;
  const principal = await authenticate(
    { header: context.req.header('authorization'), sourceAddress, method, route: endpoint.path },
    { identity: services.identity, audit: services.audit.log, failures: services.failedAuthentications },
  );
  context.env.onAuthenticated?.();
  const access = { type: 'api.access', principal, sourceAddress, method, route: endpoint.path } as const;
  if (!mayUse(endpoint.role, principal, services.groups)) {
    await record({ ...access, outcome: 'deny', details: {} }, endpoint, services);
    throw new ApiError(
      'ERR_API_FORBIDDEN',
      `this is for ${AUDIENCE[endpoint.role]}; ${spokenRoles(principal, services)}; ask an administrator for a group that api.groups names`,
    );
  }
  const input = await readInput(context, endpoint);
  const event: ApiAccess = { ...access, outcome: 'permit', details: endpoint.details(input) };
  // Begun first, so that the record stands before what it causes; a kill acts while the disk is still at work (P12).
  const recorded = record(event, endpoint, services);
  const scope = { services, principal, sourceAddress, recorded };
  const [written, answered] = await Promise.allSettled([recorded, respond(endpoint, input, scope)]);
  if (written.status === 'rejected') throw written.reason;
  if (answered.status === 'rejected') throw answered.reason;
  // Of a stream nobody would read a byte, and it would never end.
  if (method === 'HEAD') await answered.value.body?.cancel();
  return answered.value;
}

function spokenRoles(principal: Principal, { groups }: ApiServices): string {
  const roles = rolesOf(principal, groups);
  return roles.length === 0 ? 'your groups give you no role' : `your groups make you ${roles.join(', ')}`;
}

async function record(event: ApiAccess, { isSynced }: Endpoint, { audit, log }: ApiServices): Promise<void> {
  try {
    await audit.log.append([event], isSynced === true ? 'synced' : undefined);
  } catch (cause) {
    log.error('an access to the API cannot be recorded', { route: event.route, outcome: event.outcome });
    // What was changed must not stay unrecorded: the log holds the event until it can be written again.
    if (isSynced === true && event.outcome === 'permit') audit.log.enqueue(event);
    const note = isSynced === true ? '; what was asked for may be done nevertheless' : '';
    throw new ApiError('ERR_API_UNRECORDED', `the access cannot be recorded, so nothing is returned${note}`, {
      cause,
    });
  }
}

async function respond(
  endpoint: Endpoint,
  input: Parameters<Endpoint['handle']>[0],
  scope: Parameters<Endpoint['handle']>[1],
): Promise<Response> {
  const answer = await endpoint.handle(input, scope);
  if (answer instanceof ReadableStream || typeof answer === 'string') {
    const contentType = endpoint.answer.mediaType ?? 'text/event-stream';
    return new Response(answer, { headers: { ...ANSWER_HEADERS, 'content-type': contentType } });
  }
  return Response.json(answer, { status: endpoint.status?.(answer) ?? 200, headers: ANSWER_HEADERS });
}
