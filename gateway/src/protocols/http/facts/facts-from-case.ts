import { z } from 'zod';
import type { Facts } from '../../../model/facts.ts';
import { compilePathPattern, type PathPattern } from '../../../names/path-pattern.ts';
import { type HttpFactsOptions, httpFacts, refusedFacts } from './http-facts.ts';
import { createMessageFacts } from './message-facts.ts';
import { readRequest } from './request-form.ts';

const patterns = z.array(z.string()).default([]);

const caseSchema = z.strictObject({
  /** `POST /v1/refunds?dry=1`. */
  request: z.string().regex(/^\S+ \S+$/),
  host: z.string().default('api.example.com'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Body as JSON; `text` is one as it is sent, with the content type in `headers`. */
  json: z.json().optional(),
  text: z.string().optional(),
  /** False for a body of which only the beginning was looked at. */
  complete: z.boolean().default(true),
  graphql: patterns,
  jsonRpc: patterns,
  encodedSlash: z.enum(['refuse', 'keep']).default('refuse'),
  methodOverride: z.enum(['refuse', 'ignored']).default('refuse'),
  /** What is done with a WebSocket: `json` or `text` is then the message, and `request` its handshake. */
  websocket: z.enum(['open', 'text', 'binary']).optional(),
  /** The only one that is offered, and agreed on. */
  subprotocol: z.string().optional(),
});

/**
 * The facts of a policy test case: `http: GET /v1/customers`, or `http: { request: POST /v1/refunds, json: … }`.
 * @throws {Error} for a case that cannot be read
 */
export function httpFactsFromCase(body: unknown): Facts {
  const parsed = caseSchema.safeParse(typeof body === 'string' ? { request: body } : body);
  if (!parsed.success) throw new Error(`\`http\` cannot be read: ${z.prettifyError(parsed.error)}`);
  const { request, host, json, complete, encodedSlash, methodOverride, websocket, ...rest } = parsed.data;
  const text = json === undefined ? rest.text : JSON.stringify(json);
  const [method = '', target = ''] = request.split(' ');
  const hasJsonBody = json !== undefined && websocket === undefined;
  const fields = Object.entries(hasJsonBody ? { 'content-type': 'application/json' } : {});
  const protocol = rest.subprotocol;
  const protocols = protocol === undefined ? [] : [protocol];
  const form = readRequest(
    {
      method,
      target,
      scheme: 'https',
      authority: host,
      fields: [...fields, ...Object.entries(rest.headers)],
      ...(websocket === undefined ? {} : { webSocket: { protocols } }),
    },
    { encodedSlash, methodOverride },
  );
  if (!form.ok) return refusedFacts(form.reason);
  const options: HttpFactsOptions = {
    encodedSlash,
    methodOverride,
    graphql: rest.graphql.map(patternOf),
    jsonRpc: rest.jsonRpc.map(patternOf),
  };
  if (websocket === 'text' || websocket === 'binary') {
    const bytes = Buffer.from(text ?? '');
    const message = { isText: websocket === 'text', bytes, isComplete: complete };
    return createMessageFacts({ form: form.value, options, protocol })(message);
  }
  const window =
    text === undefined
      ? undefined
      : { bytes: Buffer.from(text), isComplete: complete, coding: 'undone' as const };
  return httpFacts(form.value, window, options).facts;
}

function patternOf(text: string): PathPattern {
  const pattern = compilePathPattern(text);
  if (pattern === undefined) throw new Error(`cannot read the path pattern \`${text}\``);
  return pattern;
}
