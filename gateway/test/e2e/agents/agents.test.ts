/** Agents in the frameworks that people use, with scripted models: what the model reads of a refusal, and that it goes on. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { decideApproval } from '../../support/approver.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { startShop, stopShop } from '../clients/shop.ts';
import type { AgentFramework, ErrorView, OpenAgent } from './frameworks/agent-framework.ts';
import { DENIALS, PENDING, POLICY_WITH_APPROVAL, type Scenario } from './scenarios.ts';

// Not a plain import: see that file.
const { FRAMEWORKS } = (await import(new URL('frameworks/index.ts', import.meta.url).href)) as {
  readonly FRAMEWORKS: readonly AgentFramework[];
};

let gateway: TestGateway;
const strangers: string[] = [];

beforeAll(async () => {
  vi.stubEnv('MASTRA_TELEMETRY_DISABLED', '1');
  const reach = globalThis.fetch;
  // The gateway asks its issuer on loopback; nobody here has anything to ask elsewhere.
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname !== '127.0.0.1') strangers.push(url.href);
    return url.hostname === '127.0.0.1' ? reach(input, init) : Promise.reject(new TypeError('no network'));
  });
  gateway = await startShop({ policy: POLICY_WITH_APPROVAL, api: {} });
});

afterAll(async () => {
  await stopShop(gateway);
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

const BEFORE = 'SELECT count(*)::int AS n FROM orders';
const AFTER = 'UPDATE customers SET name = $$seen$$ WHERE id = 3 RETURNING id';

describe.each(FRAMEWORKS)('$name', (framework) => {
  let agent: OpenAgent;

  beforeEach(async () => {
    // A run of its own: what people decided for one agent says nothing of the next.
    const url = await gateway.url({ claims: { run_id: framework.name } });
    agent = await framework.open({ url, caFile: gateway.caFile });
  });

  afterEach(async () => {
    await agent[Symbol.asyncDispose]();
  });

  it.each(DENIALS)('P9: the model reads why, and what to do instead: $name', async (scenario) => {
    const known = gateway.records().length;
    const readings = await agent.run([BEFORE, scenario.statement, AFTER]);
    expect(readings).toHaveLength(3);
    expect(readings[0]).toBe('[{"n":50}]');
    expectReadable(readings[1] ?? '', framework.shows, scenario);
    expect(readings[2], 'the agent goes on').toContain('"id":3');

    const records = gateway.records().slice(known);
    const asked = records.filter(({ request }) => isOneOf(request, [BEFORE, scenario.statement, AFTER]));
    expect(asked.map(({ effect }) => effect)).toEqual(['permit', 'deny', 'permit']);
    const sessions = new Set(asked.map(({ session }) => session)).size;
    expect(sessions, 'the gateway leaves the connection open').toBe(framework.dropsConnections ? 2 : 1);
  });

  it('P9: errors of the server reach the model as the framework shows errors', async () => {
    const [reading = ''] = await agent.run(['SELECT nothing FROM orders']);
    expectReadable(reading, framework.shows, {
      token: /^column "nothing" does not exist$/,
      says: [],
    });
  });

  it('P9: the model reads that an approval is pending; the same statement runs once it is given', async () => {
    const [before, pending = '', after] = await agent.run([BEFORE, PENDING.statement, AFTER]);
    expect(before).toBe('[{"n":50}]');
    expectReadable(pending, framework.shows, PENDING);
    expect(after, 'the agent goes on').toContain('"id":3');
    const value = await readingOne();
    const id = openApproval();
    await decideApproval(gateway, id, 'approve');
    const [done, again = ''] = await agent.run([PENDING.statement, PENDING.statement]);
    expect(done).toContain('"id":1');
    expectReadable(again, framework.shows, PENDING);
    expect(again, 'the grant was used up').not.toContain(id);
    expect(await readingOne(), 'it ran once').toBe(value + 1000);
    await decideApproval(gateway, openApproval(), 'deny');
  });

  it('P6: a connection that is refused tells the model neither the token nor where the gateway is', async () => {
    const token = await gateway.issuer.token({ groups: ['nobody'] });
    const stranger = await framework
      .open({ url: await gateway.url({ token }), caFile: gateway.caFile })
      .catch((error: unknown) => error);
    if (stranger instanceof Error) {
      expect(stranger.message).toMatch(/^POLICY_DENIED /);
      return;
    }
    await using opened = stranger as OpenAgent;
    const [reading = ''] = await opened.run([BEFORE]);
    expectReadable(reading, framework.shows, { token: /^POLICY_DENIED \[dec_[0-9a-z_]+\] /, says: [] });
    expect(reading).not.toContain(token);
    expect(reading).not.toContain(String(gateway.port));
  });
});

it('no framework asked anything of the network', () => {
  expect(strangers).toEqual([]);
});

it('the documentation has the recipe that ran', () => {
  const source = readFileSync(new URL('frameworks/recipes.ts', import.meta.url), 'utf8');
  const [, recipe = ''] = /docs\/agents\.md: begin\n([^]*?)\n\/\/ docs\/agents\.md: end/.exec(source) ?? [];
  const page = readFileSync(new URL('../../../../docs/agents.md', import.meta.url), 'utf8');
  expect(recipe).not.toBe('');
  expect(page).toContain(recipe);
});

/** The reading is one line that says everything, in the frame that the framework puts around it; or the framework's own words. */
function expectReadable(reading: string, view: ErrorView, { token, says }: Pick<Scenario, 'token' | 'says'>) {
  if ('instead' in view) {
    expect(reading).toBe(view.instead);
    return;
  }
  expect(reading.startsWith(view.before), reading).toBe(true);
  expect(reading.endsWith(view.after), reading).toBe(true);
  const line = reading.slice(view.before.length, reading.length - view.after.length);
  expect(line).not.toMatch(/[\r\n]/);
  expect(line).toMatch(token);
  for (const part of says) expect(line).toMatch(part);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(400);
}

/** The id of the newest request for approval on file. */
function openApproval(): string {
  const requested = gateway.records().filter(({ type }) => type === 'approval.requested');
  const { approval } = requested.at(-1) ?? {};
  if (typeof approval !== 'string') throw new Error('no request for approval is on file');
  return approval;
}

async function readingOne(): Promise<number> {
  const [row] = await gateway.postgres.query('SELECT value FROM readings WHERE id = 1');
  return Number(row?.['value']);
}

function isOneOf(request: unknown, statements: readonly string[]): boolean {
  const text = (request as { readonly text?: unknown } | undefined)?.text;
  return typeof text === 'string' && statements.includes(text);
}
