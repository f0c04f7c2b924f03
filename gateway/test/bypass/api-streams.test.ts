/** What somebody follows at the API, when what their groups mean is changed under way. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApi } from '../e2e/api/api-client.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { AUDIENCE } from '../support/issuer.ts';

const EVERYBODY = {
  agents: ['agents'],
  approvers: ['dba'],
  guests: ['guests'],
  auditors: ['auditors'],
};

let gateway: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  gateway = await startTestGateway({ api: { groups: { auditors: ['auditors'] } } });
  await gateway.setIssuers([mapped(EVERYBODY)]);
  client = new pg.Client({ connectionString: await gateway.url() });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await gateway[Symbol.asyncDispose]();
});

function mapped(map: Readonly<Record<string, readonly string[]>>): Record<string, unknown> {
  return { issuer: gateway.issuer.url, audience: [AUDIENCE], groupMapping: { map } };
}

/** A stream of the API, and when it is over. */
interface Followed {
  readonly answer: IncomingMessage;
  readonly isOver: () => boolean;
  readonly over: Promise<unknown>;
}

async function follow(path: string, group: string): Promise<Followed> {
  const token = await gateway.issuer.token({ sub: `of-${group}`, groups: [group] });
  const outgoing = request(new URL(path, gateway.api), {
    headers: { authorization: `Bearer ${token}` },
    ca: readFileSync(gateway.caFile),
    agent: false,
  });
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  let over = false;
  const end = once(answer, 'end').then(() => (over = true));
  await once(answer, 'data');
  answer.resume();
  return { answer, isOver: () => over, over: end };
}

describe('what is followed at the API', () => {
  it('P12: ends at once for whoever loses the group that let them see it, and for nobody else', async () => {
    await client.query('SELECT 1');
    const opened = gateway.records().find(({ type }) => type === 'session.opened');
    const recording = `/v1/sessions/${String(opened?.['session'])}/recording?follow=1`;
    const approver = await follow('/v1/approvals/events', 'approvers');
    const sessions = await follow('/v1/sessions/events', 'auditors');
    const auditor = await follow(recording, 'auditors');
    const guest = await follow('/v1/approvals/events', 'guests');
    await gateway.setIssuers([mapped({ agents: ['agents'], guests: ['guests'] })]);
    await Promise.all([approver.over, sessions.over, auditor.over]);
    expect(guest.isOver()).toBe(false);
    guest.answer.destroy();
    const token = await gateway.issuer.token({ sub: 'of-auditors', groups: ['auditors'] });
    expect((await askApi(gateway, recording, { token })).status).toBe(403);
  });
});
