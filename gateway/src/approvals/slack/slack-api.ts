/** Calls of Slack's Web API: one bounded answer each. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What came of a call. Reasons hold no token and no text. */
export type SlackAnswer =
  | { readonly ok: true; readonly ts: string | undefined }
  | { readonly ok: false; readonly retry: boolean; readonly reason: string };

/** One call. */
export interface SlackCall {
  /** Base URL of the methods. */
  readonly api: string;
  readonly token: { reveal(): string };
  readonly method: 'chat.postMessage' | 'chat.update' | 'chat.postEphemeral';
  readonly body: string;
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;
/** Errors of Slack's that pass; all others are of the configuration, and are told once. */
const PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** TLS is verified and redirects are failures. Never rejects. */
export function callSlack({ api, token, method, body, timeoutMs }: SlackCall): Promise<SlackAnswer> {
  const { promise, resolve } = Promise.withResolvers<SlackAnswer>();
  const url = `${api.replace(/\/$/, '')}/${method}`;
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const fail = (reason: string, retry = true): void => resolve({ ok: false, retry, reason });
  try {
    const outgoing = send(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      maxHeaderSize: 16 * 1024,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) incoming.destroy();
        else chunks.push(chunk);
      });
      incoming.on('error', () => fail('its answer broke off'));
      incoming.on('close', () => fail('its answer broke off'));
      incoming.on('end', () =>
        resolve(judge(incoming.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))),
      );
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      fail(`it cannot be reached: ${error.code ?? 'unknown'}`),
    );
    outgoing.on('close', () => fail('it closed the connection'));
    outgoing.end(body);
  } catch {
    fail('the request cannot be made', false);
  }
  return promise;
}

function judge(status: number, text: string): SlackAnswer {
  if (status === 429 || status >= 500) return { ok: false, retry: true, reason: `it answered ${status}` };
  if (status !== 200) return { ok: false, retry: false, reason: `it answered ${status}` };
  let answer: { readonly ok?: unknown; readonly ts?: unknown; readonly error?: unknown };
  try {
    answer = Object(JSON.parse(text)) as typeof answer;
  } catch {
    return { ok: false, retry: true, reason: 'its answer is not JSON' };
  }
  if (answer.ok === true)
    return { ok: true, ts: typeof answer.ts === 'string' ? answer.ts.slice(0, 64) : undefined };
  const error =
    typeof answer.error === 'string' && /^[a-z_]{1,64}$/.test(answer.error) ? answer.error : 'an error';
  return { ok: false, retry: PASSING.has(error), reason: `it says ${error}` };
}
