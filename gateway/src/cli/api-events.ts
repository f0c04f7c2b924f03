/** Server-sent events of the API: followed until they are stopped, taken up again where they broke off. */
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { problemSchema } from '../api/contract/problem.ts';
import { type ApiOptions, apiTarget, refusedByApi, unusable } from './api-client.ts';

/** One event as it came. */
export interface ApiEvent {
  readonly id: string;
  readonly event: string;
  /** Its JSON. */
  readonly data: unknown;
}

/** How a stream is followed. */
export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Told when a connection broke off and is made again. */
  readonly onReconnect?: (reason: string) => void;
  /** Pause before that, in milliseconds. */
  readonly pauseMs?: number;
}

const MAX_EVENT_CHARACTERS = 1024 * 1024;
const MAX_PROBLEM_BYTES = 64 * 1024;
/** The API sends something every 15 s; this long without is a dead connection. */
const SILENCE_MS = 60_000;

/**
 * The events of a path, from now on, until the signal is aborted. A connection that breaks is made again.
 * @throws CliError when the API refuses, or cannot be reached at the first try
 */
export async function* followApi(
  options: ApiOptions,
  path: string,
  { signal, onReconnect, pauseMs = 3_000 }: FollowOptions,
): AsyncGenerator<ApiEvent> {
  let lastId: string | undefined;
  let isFirst = true;
  while (!signal.aborted) {
    try {
      for await (const event of connection(options, path, { signal, lastId })) {
        isFirst = false;
        lastId = event.id;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFirst || error instanceof Refusal) throw error instanceof Refusal ? error.cause : error;
      onReconnect?.(error instanceof Error ? error.message : String(error));
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The answer, as Node has it. */
type Incoming = AsyncIterable<Buffer> & { readonly statusCode?: number | undefined };

/** The API answered, and said no: trying again will not help. */
class Refusal extends Error {}

async function* connection(
  options: ApiOptions,
  path: string,
  { signal, lastId }: { readonly signal: AbortSignal; readonly lastId: string | undefined },
): AsyncGenerator<ApiEvent> {
  const target = await apiTarget(options, path);
  const headers = { ...target.request.headers, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>();
  const outgoing = request(target.url, { ...target.request, headers, signal, timeout: SILENCE_MS }, resolve);
  outgoing.on('error', (error) => reject(unusable(target.url, error.message)));
  outgoing.on('timeout', () => outgoing.destroy(new Error('it says nothing any more')));
  outgoing.end();
  const incoming = await promise;
  if (incoming.statusCode !== 200) throw await refusalOf(target.url, incoming);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of incoming) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_EVENT_CHARACTERS) throw unusable(target.url, 'an event is too large');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

async function refusalOf(url: URL, incoming: Incoming): Promise<Refusal> {
  let text = '';
  for await (const chunk of incoming) {
    text += chunk.toString('utf8');
    if (text.length > MAX_PROBLEM_BYTES) break;
  }
  const problem = problemSchema.safeParse(parseJson(text));
  const status = incoming.statusCode ?? 0;
  const cause = problem.success ? refusedByApi(problem.data) : unusable(url, `it answered ${status}`);
  return new Refusal(cause.message, { cause });
}

/** A block of the stream; `undefined` for a comment. The gateway writes each field once, on one line. */
function parseBlock(block: string): ApiEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, Math.max(0, colon)), line.slice(colon + 2)] as const;
    }),
  );
  const event = fields.get('event');
  if (event === undefined) return undefined;
  return { id: fields.get('id') ?? '', event, data: parseJson(fields.get('data') ?? '') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
