/** Kill and expiry: sessions that are ended from outside, wherever the feature has left them. */
import { expect } from 'vitest';
import { askApi } from '../../e2e/api/api-client.ts';
import type { Bench, Connection, Feature, Held, Refusal } from '../driver.ts';
import { eventually } from './expectations.ts';

/** P12: a kill closes at once, tells why where the protocol has a way to, and leaves nothing upstream. */
export async function kill(bench: Bench, feature: Feature): Promise<void> {
  const { site } = bench;
  await using connection = await site.connect();
  const state = await feature.hold(connection);
  const session = connection.sessions.at(-1) ?? '';
  expect(await site.hasUpstream(session)).toBe(state !== 'idle' || bench.keepsUpstream);
  const token = await site.gateway.issuer.token({ sub: 'root', groups: ['admins'] });
  const path = `/v1/sessions/${session}/kill`;
  const answer = await askApi(site.gateway, path, { token, body: { reason: 'conformance' } });
  expect(answer).toMatchObject({ status: 200, json: { killed: true } });
  const said = await connection.end();
  const told = said.map(({ text }) => text).join(' ');
  if (bench.tellsKill) expect(told).toMatch(/administrator|killed|terminated/i);
  else expect(told, 'it is cut').toBe('');
  if (bench.cuts === 'connection') expect(connection.isClosed).toBe(true);
  await eventually('nothing is left upstream', async () => !(await site.hasUpstream(session)));
}

/** Seconds that tokens of {@link holdUntilExpiry} live. */
const LIFETIME_SECONDS = 4;

/** A session that was left in the middle of a feature, with a token that is about to expire. */
export interface HeldSession extends AsyncDisposable {
  readonly connection: Connection;
  readonly state: Held;
  /** By then its token has expired. */
  readonly overAtMs: number;
}

/** Begins what {@link expiry} looks at; all features at once, so that they expire together. */
export async function holdUntilExpiry(bench: Bench, feature: Feature): Promise<HeldSession> {
  const connection = await bench.site.connect({ expiresIn: LIFETIME_SECONDS });
  const overAtMs = Date.now() + LIFETIME_SECONDS * 1_000;
  const state = await feature.hold(connection);
  return { connection, state, overAtMs, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

/** P12: at expiry work is cancelled and nothing stays upstream; an idle client is told on its next message, not before. */
export async function expiry(bench: Bench, { connection, state, overAtMs }: HeldSession): Promise<void> {
  // One that keeps nothing upstream shows nothing of its end.
  if (!bench.keepsUpstream) await eventually('its token has expired', () => Date.now() > overAtMs);
  await eventually(
    'nothing is left upstream',
    async () => !(await bench.site.hasUpstream(connection.sessions.at(-1) ?? '')),
  );
  if (state === 'idle') expect(connection.isClosed, 'the idle client keeps its connection').toBe(false);
  const said = state === 'idle' ? await connection.sayNext() : await connection.end();
  if (state === 'answering') expect(said, 'a reply that has begun is cut').toEqual([]);
  else expectExpired(bench, said);
  const isCut = state === 'answering' && bench.cuts === 'connection';
  if (bench.closesAtExpiry || isCut) expect(connection.isClosed).toBe(true);
  else if (!connection.isClosed) expectExpired(bench, await connection.sayNext());
}

function expectExpired({ codes }: Bench, said: readonly Refusal[]): void {
  const last = said.at(-1);
  expect(last?.code).toBe(codes.expired);
  if (last?.text !== undefined) expect(last.text).toMatch(/expired|ended/);
}
