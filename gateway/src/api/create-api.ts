/** The HTTP API without its sockets: a function from requests to answers, so that it is tested without any. */
import { type Handler, Hono } from 'hono';
import type { ApiEnv, ApiServices } from './api-services.ts';
import type { LoginOffer } from './contract/login.ts';
import type { Endpoint } from './endpoint.ts';
import { ApiError } from './errors.ts';
import { readiness } from './health.ts';
import { checkOrigin, toHostNames } from './host-check.ts';
import { openApiDocument } from './openapi.ts';
import { ANSWER_HEADERS, problemResponse, toProblem } from './problem-response.ts';
import { endpoints } from './routes/index.ts';
import { serveEndpoint } from './serve-endpoint.ts';
import { SLACK_PATH, serveSlack } from './slack-endpoint.ts';

/** Makes the API. Every request passes the check of its origin; all but four want a token. */
export function createApi(services: ApiServices): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const names = toHostNames(services.names);
  app.use(async ({ req, env }, next) => {
    const { localAddress } = env;
    checkOrigin({ host: req.header('host'), origin: req.header('origin'), localAddress }, names);
    await next();
  });
  let document: object | undefined;
  app.get('/healthz', () => json({ status: 'ok' }));
  app.get('/readyz', async () => {
    const state = await readiness(services);
    return json(state, state.ready ? 200 : 503);
  });
  app.get('/v1/login', () => json(services.login satisfies LoginOffer));
  app.get('/openapi.json', () => json((document ??= openApiDocument(endpoints))));
  app.post(SLACK_PATH, (context) => serveSlack(context, services));
  for (const endpoint of endpoints) {
    app.on(endpoint.method.toUpperCase(), honoPath(endpoint), (context) =>
      serveEndpoint(endpoint, context, services),
    );
  }
  for (const path of new Set([
    '/healthz',
    '/readyz',
    '/v1/login',
    '/openapi.json',
    ...endpoints.map(honoPath),
  ])) {
    app.all(path, refuseMethod(path));
  }
  app.notFound(() =>
    problemResponse(new ApiError('ERR_API_NOT_FOUND', 'there is nothing here; see /openapi.json')),
  );
  app.onError((error) => {
    const { status, code } = toProblem(error);
    if (status >= 500) services.log.error('the API could not answer', { code, reason: error.message });
    return problemResponse(error);
  });
  return app;
}

function json(value: object, status: number = 200): Response {
  return Response.json(value, { status, headers: ANSWER_HEADERS });
}

function honoPath({ path }: Endpoint): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** RFC 9110 section 15.5.6: says which methods there are. */
function refuseMethod(path: string): Handler<ApiEnv> {
  const own = endpoints
    .filter((endpoint) => honoPath(endpoint) === path)
    .map(({ method }) => method.toUpperCase());
  const methods = own.length === 0 ? ['GET'] : own;
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  return () => {
    const response = problemResponse(new ApiError('ERR_API_METHOD', `this path has ${allow} only`));
    response.headers.set('allow', allow);
    return response;
  };
}
