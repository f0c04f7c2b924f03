/** HTTP's other doors: what clients send to be stored, and what is answered before all of it came. */
import type { Feature, Target } from '../driver.ts';
import { rowsOf } from '../rows.ts';
import { type AskingFor, ours, reading } from './features.ts';
import { replyOf } from './http-connection.ts';
import type { Asking } from './http-wire.ts';

/** More than the gateway looks at: it goes up as it comes. */
export const INSPECTION_BYTES = 131_072;
export const BEYOND = 150_000;

/** Rows reach the service, which answers with them. */
export function storing(name: string, asking: AskingFor, more: Partial<Feature> = {}): Feature {
  return reading(name, asking, { delivery: 'stored', ...more });
}

/** Rows as lines of JSON. */
export const lines = (target: Target): string =>
  rowsOf(target)
    .map((row) => JSON.stringify(row))
    .join('\n');

const form = (target: Target): Asking => ({
  method: 'PUT',
  path: '/form',
  fields: ['Content-Type: application/x-www-form-urlencoded'],
  body: new URLSearchParams([
    ['target', target],
    ...rowsOf(target).flatMap(({ id, label, word }): [string, string][] => [
      ['id', String(id)],
      ['label', label],
      ['word', word],
    ]),
  ]).toString(),
});

const BOUNDARY = 'conformance-boundary';

const parts = (target: Target): Asking => ({
  method: 'POST',
  path: `/upload/${target}`,
  fields: [`Content-Type: multipart/form-data; boundary=${BOUNDARY}`],
  body: `${['a', 'b']
    .map((name) => {
      const head = `Content-Disposition: form-data; name="${name}"; filename="${name}.ndjson"\r\nContent-Type: application/x-ndjson`;
      return `--${BOUNDARY}\r\n${head}\r\n\r\n${name === 'a' ? lines(target) : ''}\r\n`;
    })
    .join('')}--${BOUNDARY}--\r\n`,
});

const early = (target: Target): Asking => ({
  method: 'PUT',
  path: `/early/${target}`,
  fields: ['Content-Type: application/octet-stream'],
  body: ' '.repeat(10 * BEYOND),
});

/** All of them. */
export const OTHER_FEATURES: readonly Feature[] = [
  storing('PUT of a form', form),
  storing('multipart upload', parts, {
    // In the middle of a body that is looked at as a whole: the service knows nothing of it.
    async hold(connection) {
      const { body = '' } = parts('open');
      const half = Math.floor(body.length / 2);
      await ours(connection).send(parts('open'), body.slice(0, half));
      ours(connection).next = body.slice(half);
      return 'idle';
    },
  }),
  storing('DELETE', (target) => ({ method: 'DELETE', path: `/rows/${target}` })),
  storing('GraphQL mutation', (target) => ({
    method: 'POST',
    path: '/graphql',
    fields: ['Content-Type: application/json'],
    body: JSON.stringify({ query: `mutation { ${target} { id label word } }` }),
  })),
  reading('answer before the end of the upload', early, {
    // People are asked for what can be shown to them whole.
    refusesApprovals: true,
    async ask(connection, target) {
      await ours(connection).send(early(target), ' '.repeat(BEYOND));
      return replyOf([await ours(connection).answer()]);
    },
    async hold(connection) {
      await ours(connection).send(early('slow'), ' '.repeat(BEYOND));
      await ours(connection).whenActive();
      return 'working';
    },
  }),
];
