import type { Context } from 'hono';
import type { z } from 'zod';
import type { ApiEnv } from './api-services.ts';
import type { Endpoint, EndpointInput } from './endpoint.ts';
import { ApiError, type RequestIssue } from './errors.ts';

/** Largest body, in bytes. */
export const MAX_BODY_BYTES: number = 64 * 1024;
/** Most problems that one answer lists. */
const MAX_ISSUES = 20;

/**
 * Reads and validates what came with a request.
 * @throws ApiError `ERR_API_INVALID`, `ERR_API_BODY_TOO_LARGE`, `ERR_API_MEDIA_TYPE`
 */
export async function readInput(
  context: Context<ApiEnv>,
  endpoint: Endpoint,
): Promise<EndpointInput<unknown, unknown>> {
  const issues: RequestIssue[] = [];
  const check = <Value>(place: string, schema: z.ZodType<Value>, value: unknown): Value | undefined => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    issues.push(...result.error.issues.map(({ path, message }) => toIssue([place, ...path], message)));
    return undefined;
  };
  const id = endpoint.id === undefined ? '' : check('path.id', endpoint.id.schema, context.req.param('id'));
  const parameters = readQuery(context.req.url, issues);
  const query =
    endpoint.query === undefined ? nothing(parameters, issues) : check('query', endpoint.query, parameters);
  const body =
    endpoint.body === undefined ? undefined : check('body', endpoint.body, await readBody(context.req.raw));
  if (issues.length > 0) {
    const [first] = issues;
    const message = `the request is not as documented: ${first?.at ?? ''}: ${first?.message ?? ''}`;
    throw new ApiError('ERR_API_INVALID', message, { issues: issues.slice(0, MAX_ISSUES) });
  }
  const lastEventId = /^[0-9a-f]{1,32}-[0-9]{1,15}$/.exec(context.req.header('last-event-id') ?? '')?.[0];
  return { id: id ?? '', query, body, ...(lastEventId === undefined ? {} : { lastEventId }) };
}

/** A parameter that comes twice is refused: whoever reads the other one would judge another request. */
function readQuery(url: string, issues: RequestIssue[]): Readonly<Record<string, string>> {
  const entries = [...new URL(url).searchParams];
  const names = new Set<string>();
  for (const [name] of entries) {
    if (names.has(name)) issues.push(toIssue(['query', name], 'is there more than once'));
    names.add(name);
  }
  return Object.fromEntries(entries);
}

function nothing(parameters: Readonly<Record<string, string>>, issues: RequestIssue[]): undefined {
  for (const name of Object.keys(parameters)) issues.push(toIssue(['query', name], 'unknown parameter'));
}

async function readBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type)) {
    throw new ApiError('ERR_API_MEDIA_TYPE', 'send the body as `content-type: application/json`');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError('ERR_API_INVALID', 'the body is not JSON in UTF-8');
  }
}

/** Reads what comes and not what a header announces. */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): ApiError {
  return new ApiError('ERR_API_BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes`);
}

/** Names come from the request: short and in one line. */
function toIssue(path: readonly PropertyKey[], message: string): RequestIssue {
  const at = path
    .map(String)
    .join('.')
    .replace(/[^\x20-\x7e]/g, '?');
  return {
    at: at.slice(0, 100),
    message: (message.charAt(0).toLowerCase() + message.slice(1)).replace(/[^\x20-\x7e]/g, '?').slice(0, 300),
  };
}
