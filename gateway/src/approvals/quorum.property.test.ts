import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingIn, whyNotAnswer } from './quorum.ts';
import type { Answer, ApprovalRequest } from './request.ts';
import { person } from './testing/approvals-fixture.ts';
import { closed, withAnswer } from './transitions.ts';

const subject = fc.constantFrom('ann', 'ben', 'cid', 'dan');
const groups = fc.subarray(['dba', 'sec', 'ops']);
const answer: fc.Arbitrary<Answer> = fc.record({
  by: fc.record({ issuer: fc.constantFrom('https://a', 'https://b'), subject }),
  groups,
  verdict: fc.constantFrom('approve', 'approve', 'approve', 'deny'),
  atMs: fc.constant(0),
});
const quorum = fc.record({
  rule: fc.constant('r'),
  groups: fc.subarray(['dba', 'sec', 'ops'], { minLength: 1 }),
  count: fc.integer({ min: 1, max: 3 }),
});

const REQUEST: ApprovalRequest = {
  id: 'apr_1',
  digest: 'd',
  grounds: 'g',
  status: 'open',
  requester: { issuer: 'https://a', subject: 'alice', agent: 'bot', delegation: [] },
  resource: 'shop',
  protocol: 'postgres',
  account: 'app',
  target: 'shop',
  view: { summary: '', text: '', textLength: 0, parameters: [], furtherParameters: 0 },
  quorums: [],
  policy: { hash: '' },
  session: 's',
  decision: 'd',
  createdMs: 0,
  expiresMs: 1_000,
  windowMs: 1_000,
  remainingMs: 1_000,
  answers: [],
  version: 1,
};
const TERMS = { grant: 'grt_1', grantMs: 600 };

describe('a quorum', () => {
  it('is met by enough distinct people of its groups, each quorum by itself, and by nothing less', () => {
    fc.assert(
      fc.property(fc.array(quorum, { minLength: 1, maxLength: 3 }), fc.array(answer), (quorums, answers) => {
        let request: ApprovalRequest | undefined = { ...REQUEST, quorums };
        for (const one of answers) {
          const next: ApprovalRequest | undefined = withAnswer(
            request,
            one,
            { nowMs: 10, remainingMs: 500 },
            TERMS,
          );
          if (next === undefined) continue;
          expect(next.version).toBe(request.version + 1);
          request = next;
        }
        const isDenied = request.answers.some(({ verdict }) => verdict === 'deny');
        const isMet = quorums.every(({ groups: wanted, count }) => {
          const people = request.answers.filter(
            (one) => one.verdict === 'approve' && one.groups.some((group) => wanted.includes(group)),
          );
          return new Set(people.map(({ by }) => by.subject)).size >= count;
        });
        expect(request.status).toBe(isDenied ? 'denied' : isMet ? 'approved' : 'open');
        expect(new Set(request.answers.map(({ by }) => by.subject)).size).toBe(request.answers.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('says how many people are missing', () => {
    const by = (name: string, own: readonly string[]): Answer => ({
      by: { issuer: 'https://a', subject: name },
      groups: own,
      verdict: 'approve',
      atMs: 0,
    });
    const quorums = [
      { rule: 'a', groups: ['dba'], count: 2 },
      { rule: 'b', groups: ['sec'], count: 1 },
    ];
    expect(missingIn(quorums, [by('ann', ['dba', 'sec'])])).toEqual([1, 0]);
    // One person at two issuers is one.
    const twice = [
      by('ann', ['dba']),
      { ...by('ann', ['dba']), by: { issuer: 'https://b', subject: 'ann' } },
    ];
    expect(missingIn(quorums, twice)).toEqual([1, 1]);
  });
});

describe('nobody approves their own request', () => {
  const name = fc.constantFrom('alice', 'bot', 'worker', 'bob', 'other-bot');
  const identity = fc.record({
    subject: name,
    agent: fc.option(name, { nil: undefined }),
    delegation: fc.array(fc.record({ subject: name }), { maxLength: 2 }),
  });

  it('by no name that the requester has: subject, agent, any link of the chain, at whatever issuer', () => {
    fc.assert(
      fc.property(
        identity,
        identity,
        fc.constantFrom('https://a', 'https://b'),
        (asker, approver, issuer) => {
          const requester = { issuer: 'https://a', ...asker };
          const { subject: own, delegation, agent } = approver;
          const principal = person(own, ['dba'], {
            issuer,
            delegation,
            ...(agent === undefined ? {} : { agent }),
          });
          const quorums = [{ rule: 'r', groups: ['dba'], count: 1 }];
          const namesOf = (one: typeof asker): (string | undefined)[] => [
            one.subject,
            one.agent,
            ...one.delegation.map((actor) => actor.subject),
          ];
          const isShared = namesOf(approver).some((one) => one !== undefined && namesOf(asker).includes(one));
          const expected = isShared
            ? 'ERR_APPROVALS_SELF'
            : delegation.length > 0
              ? 'ERR_APPROVALS_DELEGATED'
              : undefined;
          expect(whyNotAnswer(principal, { quorums, requester })).toBe(expected);
        },
      ),
    );
  });

  it('but to use the same client is no matter where the config says that people use it, and agents do not', () => {
    const quorums = [{ rule: 'r', groups: ['dba'], count: 1 }];
    const requester = { issuer: 'https://a', subject: 'alice', agent: 'console', delegation: [] };
    const bob = person('bob', ['dba'], { agent: 'console' });
    expect(whyNotAnswer(bob, { quorums, requester })).toBe('ERR_APPROVALS_SELF');
    expect(whyNotAnswer(bob, { quorums, requester }, ['console'])).toBeUndefined();
    const alice = person('alice', ['dba'], { agent: 'console' });
    expect(whyNotAnswer(alice, { quorums, requester }, ['console'])).toBe('ERR_APPROVALS_SELF');
  });

  it('P11: and nobody approves without a group of a quorum', () => {
    const quorums = [{ rule: 'r', groups: ['dba'], count: 1 }];
    expect(whyNotAnswer(person('bob', ['admins']), { ...REQUEST, quorums })).toBe(
      'ERR_APPROVALS_NOT_APPROVER',
    );
  });
});

describe('the life of a request', () => {
  const approve: Answer = {
    by: { issuer: 'i', subject: 'ann' },
    groups: ['dba'],
    verdict: 'approve',
    atMs: 0,
  };
  const deny: Answer = { ...approve, by: { issuer: 'i', subject: 'ben' }, verdict: 'deny' };
  const quorums = [{ rule: 'r', groups: ['dba'], count: 1 }];
  const open = { ...REQUEST, quorums };
  const time = { nowMs: 100, remainingMs: 500 };

  it('a denial stops what is approved and not used; nothing undoes an end', () => {
    const approved = withAnswer(open, approve, time, TERMS);
    if (approved === undefined) throw new Error('it was open');
    expect(approved).toMatchObject({ status: 'approved', grant: 'grt_1', expiresMs: 700, remainingMs: 600 });
    expect(withAnswer(approved, deny, time, TERMS)).toMatchObject({ status: 'denied' });
    expect(withAnswer(approved, { ...approve, by: deny.by }, time, TERMS)).toBeUndefined();
    for (const status of ['denied', 'expired', 'voided', 'consumed'] as const) {
      const over = { ...approved, status };
      expect(withAnswer(over, approve, time, TERMS)).toBeUndefined();
      expect(withAnswer(over, deny, time, TERMS)).toBeUndefined();
      for (const end of ['expired', 'voided', 'consumed'] as const)
        expect(closed(over, end, 1)).toBeUndefined();
    }
  });

  it('only what is approved is consumed; an answer that is too late is none', () => {
    expect(closed(open, 'consumed', 1)).toBeUndefined();
    expect(withAnswer(open, approve, { nowMs: 1, remainingMs: 0 }, TERMS)).toBeUndefined();
  });

  it('a grant lives no longer than the window was', () => {
    expect(withAnswer(open, approve, time, { grant: 'g', grantMs: 5_000 })).toMatchObject({
      remainingMs: 1_000,
    });
  });
});
