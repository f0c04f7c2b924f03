/** HTTP's ways to read: each asks for all rows of a target, in one of the shapes in which services tell them. */
import { type Connection, EVERY_TARGET, type Feature, type Target } from '../driver.ts';
import { HttpTestConnection, replyOf } from './http-connection.ts';
import type { Asking } from './http-wire.ts';

/** The connection of the HTTP driver. */
export function ours(connection: Connection): HttpTestConnection {
  if (!(connection instanceof HttpTestConnection)) throw new TypeError('not a connection of HTTP');
  return connection;
}

/** How requests name their targets. */
export type AskingFor = (target: Target) => Asking;

/** Sends what is slow, and waits until the service has it. */
export async function holdSlow(connection: Connection, asking: Asking): Promise<void> {
  await ours(connection).send(asking);
  await ours(connection).whenActive();
}

/** Reads by one request; the service is silent while it is held. */
export function reading(name: string, asking: AskingFor, more: Partial<Feature> = {}): Feature {
  return {
    name,
    delivery: 'rows',
    carries: EVERY_TARGET,
    ask: async (connection, target) => replyOf([await ours(connection).ask(asking(target))]),
    async hold(connection) {
      await holdSlow(connection, asking('slow'));
      return 'working';
    },
    ...more,
  };
}

/** Reads what streams: its answer has begun while it is held. */
function streaming(
  name: string,
  shape: string,
  more: Partial<Feature> = {},
  fields: readonly string[] = [],
): Feature {
  const asking: AskingFor = (target) => ({ path: `/${shape}/${target}`, fields });
  return reading(name, asking, {
    overrun: 'broken',
    async hold(connection) {
      await ours(connection).send(asking('slow'));
      await ours(connection).begun();
      return 'answering';
    },
    ...more,
  });
}

const json = (value: object): Pick<Asking, 'fields' | 'body'> => ({
  fields: ['Content-Type: application/json'],
  body: JSON.stringify(value),
});

const around = (target: Target): readonly Asking[] => [
  { path: '/nothing' },
  { path: `/json/${target}` },
  { path: '/nothing' },
];

/** All that read by one request. */
export const READING_FEATURES: readonly Feature[] = [
  reading('GET', (target) => ({ path: `/json/${target}` })),
  // What a body would have, a bound on bytes has nothing to count in.
  reading('HEAD', (target) => ({ method: 'HEAD', path: `/fields/${target}` }), { overrun: 'nothing' }),
  reading('GET with a query', (target) => ({ path: `/search?page=1&target=${target}` })),
  reading('POST of JSON', (target) => ({ method: 'POST', path: '/ask', ...json({ target, page: 1 }) })),
  reading('QUERY', (target) => ({ method: 'QUERY', path: '/ask', ...json({ target }) })),
  reading('GraphQL query', (target) => ({
    method: 'POST',
    path: '/graphql',
    ...json({ query: `query { ${target} { id label word } }` }),
  })),
  reading('JSON-RPC', (target) => ({
    method: 'POST',
    path: '/rpc',
    ...json({ jsonrpc: '2.0', id: 1, method: `read.${target}`, params: {} }),
  })),
  reading('CSV', (target) => ({ path: `/csv/${target}` })),
  reading('XML', (target) => ({ path: `/xml/${target}` })),
  reading('gzip', (target) => ({ path: `/gzip/${target}`, fields: ['Accept-Encoding: gzip'] })),
  // In text without fields no column can be told, in bytes of any kind nothing can.
  reading('HTML', (target) => ({ path: `/html/${target}` }), { refusesMasks: 'columns' }),
  reading('download of bytes', (target) => ({ path: `/binary/${target}` }), {
    refusesMasks: true,
    replay: 'bytes of a body that is no text',
  }),
  reading('range', (target) => ({ path: `/range/${target}`, fields: ['Range: bytes=0-'] }), {
    refusesMasks: true,
  }),
  reading('fields of the head', (target) => ({ path: `/fields/${target}` })),
  reading('cookies', (target) => ({ path: `/cookies/${target}` })),
  reading('error of the service', (target) => ({ path: `/error/${target}` })),
  streaming('streamed download', 'stream'),
  streaming('NDJSON', 'ndjson'),
  streaming('events', 'events'),
  streaming('trailers', 'trailers', {}, ['TE: trailers', 'Connection: TE']),
  reading('redirect', () => ({ path: '' }), {
    async ask(connection, target) {
      const moved = await ours(connection).ask({ path: `/redirect?to=${target}` });
      if (moved?.status !== 302) return replyOf([moved]);
      return replyOf([moved, await ours(connection).ask({ path: placeOf(moved?.fields) })]);
    },
    async hold(connection) {
      const moved = await ours(connection).ask({ path: '/redirect?to=slow' });
      await holdSlow(connection, { path: placeOf(moved?.fields) });
      return 'working';
    },
  }),
  reading('requests one after the other', () => ({ path: '' }), {
    async ask(connection, target) {
      const answers = [];
      for (const asking of around(target)) {
        const answer = await ours(connection).ask(asking);
        answers.push(answer);
        if (answer?.status !== 200) break;
      }
      return replyOf(answers);
    },
    async hold(connection) {
      await ours(connection).ask({ path: '/nothing' });
      return 'idle';
    },
  }),
  // Over HTTP/2 they run side by side.
  reading('requests sent at once', () => ({ path: '' }), {
    async ask(connection, target) {
      for (const asking of around(target)) await ours(connection).send(asking);
      const answers = [];
      for (const _ of around(target)) answers.push(await ours(connection).answer());
      return replyOf(answers);
    },
    async hold(connection) {
      for (const asking of around('slow').slice(0, 2)) await ours(connection).send(asking);
      await ours(connection).answer();
      await ours(connection).whenActive();
      return 'working';
    },
  }),
];

/** Where a redirect leads, as the service's own path. */
function placeOf(fields: readonly (readonly [string, string])[] = []): string {
  const location = fields.find(([name]) => name === 'location')?.[1] ?? '';
  if (!location.startsWith('/shop/')) throw new Error(`a redirect past the gateway: ${location}`);
  return location.slice('/shop'.length);
}
