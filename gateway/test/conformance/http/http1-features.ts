/** What HTTP/1.1 alone has: framing that the client chooses, leave to go on, and its older version. */

import type { RawHttpClient } from '../../support/raw-http.ts';
import type { Connection, Feature, Target } from '../driver.ts';
import { holdSlow, ours, reading } from './features.ts';
import { replyOf } from './http-connection.ts';
import type { Asking } from './http-wire.ts';
import { Http1Wire } from './http1-wire.ts';
import { BEYOND, lines, storing } from './more-features.ts';

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
});

const expecting = (target: Target): Asking => ({
  method: 'PUT',
  path: `/upload/${target}`,
  fields: ['Content-Type: application/x-ndjson', 'Expect: 100-continue'],
  body: lines(target),
});

async function rawOf(connection: Connection): Promise<RawHttpClient> {
  const wire = await ours(connection).wire();
  if (!(wire instanceof Http1Wire)) throw new TypeError('not HTTP/1.1');
  return wire.client;
}

/** All of them. */
export const HTTP1_FEATURES: readonly Feature[] = [
  reading('HTTP/1.0', (target) => ({ path: `/json/${target}`, version: '1.0' }), {
    async ask(connection, target) {
      await ours(connection).renew();
      return replyOf([await ours(connection).ask({ path: `/json/${target}`, version: '1.0' })]);
    },
    async hold(connection) {
      await ours(connection).renew();
      await holdSlow(connection, { path: '/json/slow', version: '1.0' });
      return 'working';
    },
  }),
  storing('chunked upload', chunks, {
    async hold(connection) {
      const beginning = `${BEYOND.toString(16)}\r\n${' '.repeat(BEYOND)}\r\n`;
      await ours(connection).send(chunks('open'), beginning);
      await ours(connection).whenActive();
      return 'working';
    },
  }),
  storing('100-continue', expecting, {
    async ask(connection, target) {
      await ours(connection).send(expecting(target), '');
      const client = await rawOf(connection);
      // Refused where it is not told to go on; then the body stays where it is.
      if ((await client.interim()) === 100) client.send(lines(target));
      return replyOf([await ours(connection).answer()]);
    },
    async hold(connection) {
      await ours(connection).send(expecting('open'), '');
      await (await rawOf(connection)).interim();
      ours(connection).next = lines('open');
      return 'idle';
    },
  }),
];
