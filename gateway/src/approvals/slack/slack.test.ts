import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { person } from '../testing/approvals-fixture.ts';
import { SlackLinks } from './links.ts';
import { readAction } from './read-action.ts';
import { SlackSignatures } from './signed-request.ts';

const SECRET = 'signing-secret-of-the-app';
const NOW = Date.UTC(2026, 10, 27);

function signed(
  body: string,
  atMs: number = NOW,
  secret: string = SECRET,
): Parameters<SlackSignatures['whyNot']>[0] {
  const timestamp = String(Math.floor(atMs / 1000));
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { timestamp, signature: `v0=${mac}`, body };
}

describe('a request of Slack', () => {
  const fresh = (nowMs: () => number = () => NOW): SlackSignatures =>
    new SlackSignatures({ reveal: () => SECRET }, { nowMs });

  it('counts where it is signed and of this moment; once', () => {
    const signatures = fresh();
    expect(signatures.whyNot(signed('a=1'))).toBeUndefined();
    expect(signatures.whyNot(signed('a=1'))).toBe('it was heard before');
    expect(signatures.whyNot(signed('a=2'))).toBeUndefined();
  });

  it.each([
    ['of another secret', signed('a=1', NOW, 'guessed')],
    ['of another body', { ...signed('a=1'), body: 'a=2' }],
    ['with another time under the same signature', { ...signed('a=1'), timestamp: '1795737601' }],
    ['without a signature', { ...signed('a=1'), signature: '' }],
    ['of another version', { ...signed('a=1'), signature: signed('a=1').signature.replace('v0', 'v1') }],
    ['without a time', { ...signed('a=1'), timestamp: '' }],
    ['with a time that is no number', { ...signed('a=1'), timestamp: '1e9' }],
    ['older than five minutes', signed('a=1', NOW - 301_000)],
    ['more than five minutes ahead', signed('a=1', NOW + 302_000)],
  ])('does not count %s', (_what, request) => {
    expect(fresh().whyNot(request)).toEqual(expect.any(String));
  });

  it('a replay is refused for as long as its time would be believed, also where clocks differ', () => {
    let nowMs = NOW - 299_000;
    const signatures = fresh(() => nowMs);
    const early = signed('a=1');
    expect(signatures.whyNot(early)).toBeUndefined();
    for (let step = 0; step < 599; step += 50) {
      nowMs = NOW - 299_000 + step * 1_000;
      expect(signatures.whyNot(early)).toEqual(expect.any(String));
    }
    // P10: what cannot be believed any more is forgotten.
    nowMs = NOW + 900_000;
    expect(signatures.whyNot(early)).toBe('it is not of this moment');
  });

  it('P10: whatever its body is, reading it ends in an action or in none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => `payload=${encodeURIComponent(text)}`),
        ),
        (body) => {
          expect(['answer', 'link', 'unlink', undefined]).toContain(readAction(body)?.kind);
        },
      ),
    );
  });

  it('is read strictly: one payload, one button, ids that are ids', () => {
    const value = `apr_${'a'.repeat(24)} ${'0'.repeat(64)}`;
    const payload = {
      type: 'block_actions',
      team: { id: 'T1' },
      user: { id: 'U1' },
      channel: { id: 'C1' },
      actions: [{ action_id: 'sallyport_approve', value }],
    };
    const read = (more: object): unknown =>
      readAction(`payload=${encodeURIComponent(JSON.stringify({ ...payload, ...more }))}`);
    expect(read({})).toMatchObject({ kind: 'answer', by: { team: 'T1', user: 'U1' }, verdict: 'approve' });
    expect(read({ type: 'view_submission' })).toBeUndefined();
    expect(read({ user: {} })).toBeUndefined();
    expect(read({ user: { id: 'U1 T1' } })).toBeUndefined();
    expect(read({ actions: [...payload.actions, ...payload.actions] })).toBeUndefined();
    expect(read({ actions: [{ action_id: 'toString', value }] })).toBeUndefined();
    expect(read({ actions: [{ action_id: 'sallyport_deny', value: 'apr_x' }] })).toBeUndefined();
    const twice = encodeURIComponent(JSON.stringify(payload));
    expect(readAction(`payload=${twice}&payload=${twice}`)).toBeUndefined();
  });
});

describe('who somebody in Slack is', () => {
  const DORA = person('dora', ['dba']);
  const U1 = { team: 'T1', user: 'U1' };

  it('is the person who got the code, once it was typed, for a time; the code is good once', () => {
    let nowMs = NOW;
    const links = new SlackLinks({ nowMs: () => nowMs }, 3_600_000);
    const { code } = links.code(DORA);
    expect(links.principalOf(U1)).toBeUndefined();
    expect(links.link(U1, code)?.principal).toBe(DORA);
    expect(links.link({ team: 'T1', user: 'U2' }, code)).toBeUndefined();
    expect(links.principalOf(U1)).toBe(DORA);
    expect(links.principalOf({ team: 'T2', user: 'U1' })).toBeUndefined();
    nowMs += 3_600_000;
    expect(links.principalOf(U1)).toBeUndefined();
  });

  it('a code ends after ten minutes, and with the next one; links end when their person says so', () => {
    let nowMs = NOW;
    const links = new SlackLinks({ nowMs: () => nowMs }, 3_600_000);
    const { code: first } = links.code(DORA);
    const { code: second } = links.code(DORA);
    expect(links.link(U1, first)).toBeUndefined();
    nowMs += 600_000;
    expect(links.link(U1, second)).toBeUndefined();
    links.link(U1, links.code(DORA).code);
    expect(links.unlinkAll(person('dave', ['dba']))).toBe(0);
    expect(links.unlinkAll(DORA)).toBe(1);
    expect(links.principalOf(U1)).toBeUndefined();
  });

  it('is nobody by the token of an actor that acts for somebody', () => {
    const links = new SlackLinks({ nowMs: () => NOW }, 3_600_000);
    const delegate = person('dora', ['dba'], { delegation: [{ subject: 'bot' }] });
    expect(() => links.code(delegate)).toThrow('with a token of your own');
  });
});
