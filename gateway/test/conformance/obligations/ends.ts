/** Kill and expiry: sessions that are ended from outside, wherever the feature has left them. */
import { expect } from 'vitest';
import { askApi } from '../../e2e/api/api-client.ts';
import type { Bench, Connection, Feature } from '../driver.ts';
import { eventually } from './expectations.ts';

/** P12: a kill closes at once, tells why, and leaves nothing upstream. */
export async function kill(bench: Bench, feature: Feature): Promise<void> {
  const { site } = bench;
  await using connection = await site.connect();
  await feature.hold(connection);
  expect(await site.hasUpstream(connection.session)).toBe(true);
  const token = await site.gateway.issuer.token({ sub: 'root', groups: ['admins'] });
  const path = `/v1/sessions/${connection.session}/kill`;
  const answer = await askApi(site.gateway, path, { token, body: { reason: 'conformance' } });
  expect(answer).toMatchObject({ status: 200, json: { killed: true } });
  const said = await connection.end();
  expect(said.map(({ text }) => text).join(' ')).toMatch(/administrator|killed|terminated/i);
  await eventually('nothing is left upstream', async () => !(await site.hasUpstream(connection.session)));
}

/** Seconds that tokens of {@link holdUntilExpiry} live. */
const LIFETIME_SECONDS = 4;

/** A session that was left in the middle of a feature, with a token that is about to expire. */
export interface HeldSession extends AsyncDisposable {
  readonly connection: Connection;
  readonly state: 'working' | 'idle';
}

/** Begins what {@link expiry} looks at; all features at once, so that they expire together. */
export async function holdUntilExpiry(bench: Bench, feature: Feature): Promise<HeldSession> {
  const connection = await bench.site.connect({ expiresIn: LIFETIME_SECONDS });
  const state = await feature.hold(connection);
  return { connection, state, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

/** P12: at expiry work is cancelled and nothing stays upstream; an idle client is told on its next message, not before. */
export async function expiry(bench: Bench, { connection, state }: HeldSession): Promise<void> {
  await eventually(
    'nothing is left upstream',
    async () => !(await bench.site.hasUpstream(connection.session)),
  );
  if (state === 'idle') expect(connection.isClosed, 'the idle client keeps its connection').toBe(false);
  const said = state === 'idle' ? await connection.sayNext() : await connection.end();
  expect(said.at(-1)?.code).toBe(bench.codes.expired);
  expect(said.at(-1)?.text).toMatch(/expired/);
  expect(connection.isClosed).toBe(true);
}
