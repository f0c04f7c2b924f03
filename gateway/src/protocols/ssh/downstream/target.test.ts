import { describe, expect, it } from 'vitest';
import { withoutTokens } from '../../../session/login-name.ts';
import { readClaim, readTarget } from './target.ts';

const ID = 'cred_0123456789abcdef';
const SECRET = `slp_${'0123456789abcdefghjkmnpqrstvwxyz0123'}`;
const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${'x'.repeat(40)}.${'y'.repeat(40)}`;

describe('the user name', () => {
  it('names a resource, an account of it, and a session credential', () => {
    expect(readTarget('box')).toEqual({ account: undefined, resource: 'box', credential: undefined });
    expect(readTarget('deploy+box')).toEqual({ account: 'deploy', resource: 'box', credential: undefined });
    expect(readTarget(`box+${ID}`)).toEqual({ account: undefined, resource: 'box', credential: ID });
    expect(readTarget(`deploy+box+${ID}`)).toEqual({ account: 'deploy', resource: 'box', credential: ID });
  });

  it('is refused where it can be read in no way, or in two', () => {
    for (const user of ['', '+', '+box', 'deploy+', 'a+b+box', `a+b+box+${ID}`, ID, `+${ID}`]) {
      expect(() => readTarget(user), user).toThrow(
        expect.objectContaining({ code: 'ERR_SSH_UNKNOWN_RESOURCE' }),
      );
    }
  });

  it('P6: holds no token and no secret', () => {
    for (const user of [TOKEN, `deploy+${TOKEN}`, `box+${SECRET}`]) {
      expect(() => readTarget(user)).toThrow(expect.objectContaining({ code: 'ERR_SSH_MISPLACED_TOKEN' }));
    }
    expect(withoutTokens(`a ${TOKEN} b ${SECRET}`)).toBe('a [token] b [secret]');
  });
});

describe('the password', () => {
  const box = readTarget('box');

  it('is a token, or a session credential in either form', () => {
    expect(readClaim(TOKEN, box)).toEqual({ kind: 'token', token: TOKEN });
    expect(readClaim(`${ID}.${SECRET}`, box)).toEqual({ kind: 'credential', id: ID, secret: SECRET });
    expect(readClaim(SECRET, readTarget(`box+${ID}`))).toEqual({
      kind: 'credential',
      id: ID,
      secret: SECRET,
    });
  });

  it('says what is wrong where it cannot be one', () => {
    expect(() => readClaim('', box)).toThrow(/access token/);
    expect(() => readClaim(SECRET, box)).toThrow(/CREDENTIAL-ID/);
    expect(() => readClaim('x'.repeat(1023), box)).toThrow(/1023 bytes/);
  });
});
