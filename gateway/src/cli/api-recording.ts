/** A recording as the API streams it: one line of JSON an entry. */
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { problemSchema } from '../api/contract/problem.ts';
import { fromLine, type ReplayEntry } from '../recording/replay.ts';
import { type ApiOptions, apiTarget, refusedByApi, unusable } from './api-client.ts';
import type { SeekRange } from './recording-source.ts';

/** No line is longer: a frame of the recording in base64. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** While a session is followed, the API says every fifteen seconds that it is still there. */
const SILENCE_MS = 60_000;

/** The entries of a recording. @throws CliError, RecordingError */
export async function* recordingFromApi(
  session: string,
  range: SeekRange,
  options: ApiOptions,
): AsyncGenerator<ReplayEntry> {
  const query = new URLSearchParams();
  for (const name of ['exchange', 'fromExchange', 'fromMs', 'fromKeyMs', 'untilMs', 'kind'] as const) {
    const value = range[name];
    if (value !== undefined) query.set(name, String(value));
  }
  if (range.follow === true) query.set('follow', '1');
  const path = `/v1/sessions/${encodeURIComponent(session)}/recording?${query.toString()}`;
  const target = await apiTarget(options, path);
  const { url } = target;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(url, { ...target.request, method: 'GET', timeout: SILENCE_MS }, resolve);
  outgoing.on('error', reject);
  outgoing.on('timeout', () => outgoing.destroy(new Error('it fell silent')));
  outgoing.end();
  try {
    const incoming = await promise;
    const lines = linesOf(incoming);
    if (incoming.statusCode !== 200) {
      for await (const line of lines) throw refusal(url, line);
      throw unusable(url, `it answered ${incoming.statusCode ?? 0}`);
    }
    for await (const line of lines) {
      const problem = line.startsWith('{"type":"error"')
        ? problemSchema.safeParse(JSON.parse(line).problem)
        : undefined;
      if (problem?.success === true) throw refusedByApi(problem.data);
      yield fromLine(line);
    }
  } catch (error) {
    throw error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')
      ? error
      : unusable(url, error instanceof Error ? error.message : String(error));
  } finally {
    outgoing.destroy();
  }
}

function refusal(url: URL, line: string): Error {
  try {
    const problem = problemSchema.safeParse(JSON.parse(line));
    if (problem.success) return refusedByApi(problem.data);
  } catch {
    // Told below.
  }
  return unusable(url, 'its answer is not that of an API of Sallyport');
}

async function* linesOf(incoming: AsyncIterable<unknown>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of incoming) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      yield rest.toString('utf8', 0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_LINE_BYTES) throw new Error('a line of its answer is too long');
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
