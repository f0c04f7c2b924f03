/**
 * Every known way round a mask, through the real wire. A case passes when it is denied with code and text, or answered
 * with the mask in place; the masked values appear nowhere in what came back, and the session lives on.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { Answer } from '../../support/raw-answer.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { query } from '../messages.ts';
import { CODE } from './cases/code.ts';
import { COMPUTED } from './cases/computed.ts';
import { CONVERSATIONS } from './cases/conversations.ts';
import { COPIES } from './cases/copies.ts';
import { EXPRESSIONS } from './cases/expressions.ts';
import { INFERENCES } from './cases/inferences.ts';
import { NAMES } from './cases/names.ts';
import { PLAIN_COLUMNS } from './cases/plain-columns.ts';
import { WORDS } from './cases/words.ts';
import { bytesOf, hasMasks, leaks, type MaskAttack } from './mask-attack.ts';
import { MASKED_PEOPLE, MASKING_POLICIES } from './masked-people.ts';

const SECRET_VARIABLE = 'SALLYPORT_TEST_MASKS_SECRET';

const SUITES: Readonly<Record<string, readonly MaskAttack[]>> = {
  'plain columns': PLAIN_COLUMNS,
  expressions: EXPRESSIONS,
  'what is computed and cannot fail': COMPUTED,
  'what can be inferred': INFERENCES,
  'copies of values': COPIES,
  'names that come to mean something else': NAMES,
  'code of the attacker': CODE,
  'words of errors and notices, statistics, other doors': WORDS,
  'conversations of the protocol': CONVERSATIONS,
};

describe.each(Object.entries(MASKING_POLICIES))('%s', (_style, policy) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    process.env[SECRET_VARIABLE] = 'app-secret';
    gateway = await startTestGateway({
      policy,
      setUp: MASKED_PEOPLE,
      resource: { accounts: [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }] },
    });
  }, 60_000);
  afterAll(() => gateway[Symbol.asyncDispose]());

  describe.each(Object.entries(SUITES))('vulnerability class 27: %s', (_title, attacks) => {
    it.each(attacks)('P5: $name', async (attack) => {
      await using client = await RawClient.connect(await rawLogin(gateway));
      const answers = await converse(client, attack);
      const bytes = Buffer.concat(answers.map((answer) => answer.bytes));
      if (attack.undo !== undefined) await gateway.postgres.query(attack.undo);
      expect(leaks(bytes), `a masked value left: ${printable(bytes)}`).toEqual([]);
      expectOutcome(attack, answers);
      expect((await client.ask(query("SELECT 'alive'"))).rows, 'the session lives on').toEqual([['alive']]);
    });
  });
});

async function converse(client: RawClient, { steps }: MaskAttack): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const step of steps) {
    const answer = await client.ask(bytesOf(step));
    answers.push(answer);
    if (answer.closed) throw new Error(`the session ended: ${printable(answer.bytes)}`);
  }
  const last = answers.at(-1);
  if (last?.status !== 'I') await client.ask(query('ROLLBACK'));
  return answers;
}

function expectOutcome({ outcome, because }: MaskAttack, answers: readonly Answer[]): void {
  const errors = answers.flatMap((answer) => answer.errors);
  const told = errors.map(({ code, message }) => `${code}: ${message}`).join('\n');
  const denials = errors.filter(({ code }) => code === '42501');
  if (outcome === 'denied') {
    expect(
      denials.length,
      told === '' ? `it ran: ${JSON.stringify(answers.map(({ rows }) => rows))}` : told,
    ).toBeGreaterThan(0);
    for (const { message } of denials) {
      expect(message).toMatch(/^POLICY_DENIED \[dec_[0-9a-z_]+\] [^\n]+$/);
      expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(400);
    }
    expect(denials[0]?.message).toContain(because ?? 'cannot be fulfilled');
    return;
  }
  if (typeof outcome === 'object') {
    expect(errors[0]?.code, told).toBe(outcome.error);
    return;
  }
  expect(told).toBe('');
  if (outcome === 'masked')
    expect(
      answers.some(hasMasks),
      `no mask: ${printable(Buffer.concat(answers.map(({ bytes }) => bytes)))}`,
    ).toBe(true);
}

function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^ -~]+/g, '·')
    .slice(0, 2_000);
}
