import { describe, expect, it } from 'vitest';
import { isSecretOf } from '../../../credentials/session/keyed-hash.ts';
import { readRequests } from '../wire/testing/read-messages.ts';
import { credentialForm } from './credential-form.ts';
import { type FoundClaim, findClaim } from './token.ts';

const ID = 'cred_0123456789abcdef';
const SECRET = `slp_${'a'.repeat(36)}`;
const TOKEN = 'header.payload-of-a-token.signature';

function find(fields: readonly string[], tokenHeader?: string): FoundClaim | undefined {
  const bytes = Buffer.from(['GET /shop/a HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n'));
  const head = readRequests([bytes]).messages[0]?.head;
  if (head === undefined) throw new Error('no head');
  return findClaim(head.fields, head.target.raw, { tokenHeader });
}
const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;

describe('claims', () => {
  it.each<readonly [string, readonly string[], object | undefined]>([
    ['nothing', [], undefined],
    ['a token', [`Authorization: Bearer ${TOKEN}`], { kind: 'token', token: TOKEN }],
    [
      'a token, the scheme in lower case',
      [`authorization: bearer ${TOKEN}`],
      { kind: 'token', token: TOKEN },
    ],
    ['a token as a password', [basic(`me:${TOKEN}`)], { kind: 'token', token: TOKEN }],
    [
      'a credential by Basic',
      [basic(`service+${ID}:${SECRET}`)],
      { kind: 'credential', id: ID, secret: SECRET },
    ],
    [
      'a credential by Basic without account',
      [basic(`${ID}:${SECRET}`)],
      { kind: 'credential', id: ID, secret: SECRET },
    ],
    [
      'a credential by Bearer',
      [`Authorization: Bearer ${ID}.${SECRET}`],
      { kind: 'credential', id: ID, secret: SECRET },
    ],
    ['another scheme', ['Authorization: Digest x'], undefined],
    ['Basic without a colon', [basic('me')], undefined],
  ])('finds %s', (_what, fields, claim) => {
    expect(find(fields)?.claim).toEqual(claim);
  });

  it('takes Proxy-Authorization first, then the configured header, then Authorization', () => {
    const fields = [
      'Authorization: Basic bWU6bWU=',
      'X-Token: Bearer second-token',
      'Proxy-Authorization: Bearer first-token',
    ];
    expect(find(fields, 'x-token')).toMatchObject({
      header: 'proxy-authorization',
      claim: { token: 'first-token' },
    });
    expect(find(fields.slice(0, 2), 'x-token')).toMatchObject({
      header: 'x-token',
      claim: { token: 'second-token' },
    });
    expect(find(fields.slice(0, 2))).toMatchObject({ header: 'authorization', claim: { token: 'me' } });
  });

  it('P6: refuses a token that stands in another header as well', () => {
    expect(() => find([`Authorization: Bearer ${TOKEN}`, `Cookie: t=${TOKEN}`])).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_MISPLACED_TOKEN' }),
    );
  });
});

describe('session credentials', () => {
  it('P6: are stored as what tells the secret apart and does not tell it', async () => {
    const salt = Buffer.alloc(16, 1);
    const verifier = await credentialForm.makeVerifier(SECRET, salt);
    expect(verifier).not.toContain(SECRET);
    expect(isSecretOf(SECRET, salt, verifier)).toBe(true);
    expect(isSecretOf(`${SECRET}a`, salt, verifier)).toBe(false);
    expect(isSecretOf(SECRET, Buffer.alloc(16, 2), verifier)).toBe(false);
    expect(isSecretOf('', salt, undefined)).toBe(false);
  });
});
