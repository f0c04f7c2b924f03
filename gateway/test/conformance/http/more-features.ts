/** HTTP's other doors: what clients send to be stored, and what is answered before all of it came. */
import type { Connection, Feature, Target } from '../driver.ts';
import { type AskingFor, ours, reading } from './features.ts';
import { type Asking, replyOf } from './http-connection.ts';
import { rowsOf } from './rows.ts';

/** More than the gateway looks at: it goes up as it comes. */
export const INSPECTION_BYTES = 131_072;
const BEYOND = 150_000;

/** Rows reach the service, which answers with them. */
function storing(name: string, asking: AskingFor, more: Partial<Feature> = {}): Feature {
  return reading(name, asking, { delivery: 'stored', ...more });
}

const lines = (target: Target): string =>
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

/** In chunks of odd sizes. */
function chunked(text: string): string {
  const pieces = text.match(/[\s\S]{1,97}/g) ?? [];
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;
}

const chunks = (target: Target): Asking => ({
  method: 'POST',
  path: `/upload/${target}`,
  fields: ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked'],
  body: chunked(lines(target)),
  isFramed: true,
});

const expecting = (target: Target): Asking => {
  const body = lines(target);
  return {
    method: 'PUT',
    path: `/upload/${target}`,
    fields: ['Content-Type: application/x-ndjson', `Content-Length: ${body.length}`, 'Expect: 100-continue'],
    body,
    isFramed: true,
  };
};

const early = (target: Target): Asking => ({
  method: 'PUT',
  path: `/early/${target}`,
  fields: ['Content-Type: application/octet-stream', `Content-Length: ${10 * BEYOND}`],
  body: '',
  isFramed: true,
});

/** Sends a head, and of the body so much. */
async function begin(connection: Connection, asking: Asking, body: string): Promise<void> {
  const own = ours(connection);
  const client = await own.client();
  client.send(own.text(asking), body);
}

/** All of them. */
export const OTHER_FEATURES: readonly Feature[] = [
  storing('PUT of a form', form),
  storing('multipart upload', parts, {
    // In the middle of a body that is looked at as a whole: the service knows nothing of it.
    async hold(connection) {
      const { body = '' } = parts('open');
      const half = Math.floor(body.length / 2);
      await begin(
        connection,
        { ...parts('open'), isFramed: true, fields: framed(parts('open'), body) },
        body.slice(0, half),
      );
      ours(connection).next = body.slice(half);
      return 'idle';
    },
  }),
  storing('chunked upload', chunks, {
    async ask(connection, target) {
      await begin(connection, chunks(target), chunks(target).body ?? '');
      return replyOf([await ours(connection).answer()]);
    },
    async hold(connection) {
      await begin(connection, chunks('open'), `${BEYOND.toString(16)}\r\n${' '.repeat(BEYOND)}\r\n`);
      await ours(connection).whenActive();
      return 'working';
    },
  }),
  storing('DELETE', (target) => ({ method: 'DELETE', path: `/rows/${target}` })),
  storing('GraphQL mutation', (target) => ({
    method: 'POST',
    path: '/graphql',
    fields: ['Content-Type: application/json'],
    body: JSON.stringify({ query: `mutation { ${target} { id label word } }` }),
  })),
  storing('100-continue', expecting, {
    async ask(connection, target) {
      const asking = expecting(target);
      await begin(connection, asking, '');
      const client = await ours(connection).client();
      // Refused where it is not told to go on; then the body stays where it is.
      if ((await client.interim()) === 100) client.send(asking.body ?? '');
      return replyOf([await ours(connection).answer()]);
    },
    async hold(connection) {
      await begin(connection, expecting('open'), '');
      await (await ours(connection).client()).interim();
      ours(connection).next = expecting('open').body;
      return 'idle';
    },
  }),
  reading('answer before the end of the upload', early, {
    // People are asked for what can be shown to them whole.
    refusesApprovals: true,
    async ask(connection, target) {
      await begin(connection, early(target), ' '.repeat(BEYOND));
      return replyOf([await ours(connection).answer()]);
    },
    async hold(connection) {
      await begin(connection, early('slow'), ' '.repeat(BEYOND));
      await ours(connection).whenActive();
      return 'working';
    },
  }),
];

function framed({ fields = [] }: Asking, body: string): readonly string[] {
  return [...fields, `Content-Length: ${body.length}`];
}
