/** The API as an OpenAPI document: made from the same definitions that are served, and committed as `openapi.json`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { VERSION } from '../version.ts';
import { livenessSchema, readinessSchema } from './contract/health.ts';
import { loginOfferSchema } from './contract/login.ts';
import { problemSchema } from './contract/problem.ts';
import type { Endpoint } from './endpoint.ts';
import { AUDIENCE } from './roles.ts';

type Registry = OpenAPIHono['openAPIRegistry'];
type RouteConfig = Parameters<Registry['registerPath']>[0];

const SECURITY = 'token';

/** The document, as a value for JSON. */
export function openApiDocument(endpoints: readonly Endpoint[]): object {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', SECURITY, {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token of one of the configured OpenID issuers, the same that is used as a database password.',
  });
  for (const endpoint of endpoints) registry.registerPath(operationOf(endpoint));
  for (const path of publicPaths) registry.registerPath(path);
  const { webhooks: _, ...document } = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version: VERSION,
      description:
        'Sessions, audit and policy of a gateway. Errors are `application/problem+json` with a stable `code`. Every access with a token is itself recorded in the audit before it is answered.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
  return document;
}

function operationOf(endpoint: Endpoint): RouteConfig {
  const { id, query, body, answer } = endpoint;
  const content = { [answer.mediaType ?? 'application/json']: { schema: answer.schema } };
  return {
    method: endpoint.method,
    path: endpoint.path,
    operationId: endpoint.operationId,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [
      `For ${AUDIENCE[endpoint.role]}.`,
      ...(endpoint.description === undefined ? [] : [endpoint.description]),
    ].join(' '),
    security: [{ [SECURITY]: [] }],
    request: {
      ...(id === undefined ? {} : { params: z.object({ id: id.schema.describe(id.description) }) }),
      // The contract hides the class of its schemas; parameters are objects all the same.
      ...(query === undefined ? {} : { query: query as unknown as z.ZodObject }),
      ...(body === undefined ? {} : { body: { content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      200: { description: answer.description, content },
      ...(endpoint.status === undefined ? {} : { 202: { description: 'It still runs.', content } }),
      default: problem('Anything else: why it was refused.'),
    },
  };
}

function problem(description: string): {
  description: string;
  content: Record<string, { schema: z.ZodType }>;
} {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}

const publicPaths: readonly RouteConfig[] = [
  {
    method: 'get',
    path: '/healthz',
    operationId: 'liveness',
    tags: ['health'],
    summary: 'Whether the process answers',
    responses: {
      200: { description: 'It does.', content: { 'application/json': { schema: livenessSchema } } },
    },
  },
  {
    method: 'get',
    path: '/readyz',
    operationId: 'readiness',
    tags: ['health'],
    summary: 'Whether requests can be decided, recorded and attributed at this moment',
    responses: {
      200: { description: 'They can.', content: { 'application/json': { schema: readinessSchema } } },
      503: { description: 'They cannot.', content: { 'application/json': { schema: readinessSchema } } },
    },
  },
  {
    method: 'get',
    path: '/v1/login',
    operationId: 'login',
    tags: ['identity'],
    summary: 'Where people log in for this gateway, and as which public client',
    responses: {
      200: {
        description: 'Issuers that have a login.',
        content: { 'application/json': { schema: loginOfferSchema } },
      },
    },
  },
  {
    method: 'get',
    path: '/openapi.json',
    operationId: 'openApi',
    tags: ['health'],
    summary: 'This document',
    responses: {
      200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: z.object({}) } } },
    },
  },
];
