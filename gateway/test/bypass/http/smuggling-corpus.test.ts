/**
 * The corpus of smuggled requests (test/corpus/http) end to end: each stream is sent to a gateway that permits everything, many at
 * a time over connections to the service that are used again. What arrives is counted: what was judged, and nothing else, to
 * every reader; and nobody gets an answer to what another asked.
 */
import type { Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smugglingVectors } from '../../corpus/http/smuggling-vectors.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { nextRequest, startByteService } from './byte-service.ts';
import { READERS, type SeenRequest } from './readers.ts';

const bytes = new Map<Socket, Buffer>();
let service: Server;
let gateway: HttpGateway;
let token: string;

beforeAll(async () => {
  service = await startByteService(bytes, (head) => `<${agentIn(head)}>`);
  const { port } = service.address() as { readonly port: number };
  gateway = await startHttpGateway({
    service: (_request, response) => response.end(),
    listener: {
      allowLoopbackPlaintext: true,
      hosts: { a: 'shop', b: 'shop', ab: 'shop' },
      headTimeoutMs: 150,
      idleTimeoutMs: 150,
      keepAliveMs: 150,
    },
    resource: { url: `http://127.0.0.1:${port}` },
  });
  token = await gateway.issuer.token();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  service.close();
});

/** Which stream a head belongs to. */
function agentIn(head: string): string {
  return /^user-agent: (v\/\d+)$/im.exec(head)?.[1] ?? 'nobody';
}

/** Every request in a stream, hidden ones as well, has a token and says which stream it is of. */
function signed(stream: Buffer, index: number): string {
  const fields = `Authorization: Bearer ${token}\r\nUser-Agent: v/${index}\r\n`;
  return stream.toString('latin1').replaceAll(/ HTTP\/1\.[01]\r\n/g, (line) => line + fields);
}

/** How many streams are under way at once. */
const AT_ONCE = 32;

async function sendAll(streams: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  const left = [...streams.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, stream] = next;
      answers[index] = await exchangeBytes(gateway, stream);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

/** What was permitted, as it is on file. */
interface OnFile {
  /** `GET /a`, by stream. */
  readonly permitted: ReadonlyMap<string, readonly string[]>;
  /** Streams that broke off within a request that was on its way. */
  readonly broken: ReadonlySet<string>;
}

async function onFile(): Promise<OnFile> {
  const isPermit = ({ type, effect }: AuditRecord): boolean =>
    type === 'exchange.intent' && effect === 'permit';
  const isOutcome = ({ type }: AuditRecord): boolean => type === 'exchange.outcome';
  const records = await gateway.recordsUntil(
    (all) => all.filter(isPermit).length === all.filter(isOutcome).length,
  );
  const streams = new Map<unknown, string>();
  const permitted = new Map<string, string[]>();
  const broken = new Set<string>();
  for (const record of records) {
    const { type, session, hints, request, status } = record;
    if (type === 'session.opened')
      streams.set(session, (hints as { readonly user_agent: string }).user_agent);
    const stream = streams.get(session) ?? 'nobody';
    if (isOutcome(record) && status !== 'ok') broken.add(stream);
    const { text } = (request ?? {}) as { readonly text?: string };
    if (isPermit(record) && text !== undefined)
      permitted.set(stream, [...(permitted.get(stream) ?? []), text]);
  }
  return { permitted, broken };
}

/** Requests as the service answered them, one by one, and what was left of the last. */
function* piecesOf(all: Buffer): Generator<Buffer> {
  let rest = all;
  while (rest.length > 0) {
    const length = nextRequest(rest.toString('latin1'))?.bytes ?? rest.length;
    yield rest.subarray(0, length);
    rest = rest.subarray(length);
  }
}

function byStream(seen: readonly SeenRequest[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { method, target, fields } of seen) {
    const agent = fields.find(([name]) => name === 'user-agent')?.[1] ?? 'nobody';
    found.set(agent, [...(found.get(agent) ?? []), `${method} ${target}`]);
  }
  return found;
}

const sorted = (lists: ReadonlyMap<string, readonly string[]>): object =>
  Object.fromEntries([...lists].map(([stream, list]) => [stream, list.toSorted()]));

describe('the corpus of smuggled requests, end to end', () => {
  it('P1 P2: what arrives is what was judged, counted, and every answer is to who asked', async () => {
    const vectors = smugglingVectors();
    const answers = await sendAll(vectors.map((vector, index) => signed(vector.bytes, index)));
    const { permitted, broken } = await onFile();
    // It is on its way when it shows that it will not end.
    const unfinished = [...broken].map((stream) => vectors[Number(stream.slice(2))]?.name);
    expect(unfinished).toEqual(['CL that wraps at 2^32']);
    expect(permitted.size).toBeGreaterThan(100);
    expect(permitted.size).toBeLessThan(vectors.length / 2);
    const pieces = [...bytes.values()].flatMap((all) => [...piecesOf(all)]);
    const whole = pieces.filter((piece) => nextRequest(piece.toString('latin1'))?.bytes === piece.length);
    const finished = new Map([...permitted].filter(([stream]) => !broken.has(stream)));
    for (const reader of READERS) {
      const seen = (await Promise.all(whole.map((piece) => reader.read(piece)))).flat();
      expect(sorted(byStream(seen)), reader.name).toEqual(sorted(finished));
    }
    expect(pieces.length - whole.length).toBe(broken.size);
    for (const [index, answer] of answers.entries()) {
      const told = [...answer.matchAll(/<(v\/\d+|nobody)>/g)].map(([, agent]) => agent);
      const own = finished.get(`v/${index}`) ?? [];
      expect(told, vectors[index]?.name).toEqual(own.map(() => `v/${index}`));
    }
  }, 120_000);
});
