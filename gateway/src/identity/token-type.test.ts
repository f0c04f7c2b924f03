import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { type IssuerConfigInput, issuerConfigSchema } from './issuer-config.ts';
import { checkTokenType } from './token-type.ts';

function verdict(type: unknown, payload: JsonObject, more: Partial<IssuerConfigInput> = {}): string {
  const config = issuerConfigSchema.parse({ issuer: 'https://idp.example', audience: ['a'], ...more });
  try {
    checkTokenType(type, payload, config);
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'other';
  }
}

const REFUSED = 'ERR_IDENTITY_TOKEN_TYPE';

describe('an access token', () => {
  it.each([
    [undefined, {}],
    ['JWT', {}],
    ['at+jwt', {}],
    ['application/AT+JWT', { nonce: 'n' }],
    ['JOSE', {}],
    ['JWT', { typ: 'Bearer', nonce: 'n' }],
    ['JWT', { token_use: 'access' }],
  ])('with header type %j and claims %j is accepted', (type, payload) => {
    expect(verdict(type, payload)).toBe('accepted');
  });
});

describe('a token of another kind', () => {
  it.each([
    ['JWT', { nonce: 'n' }],
    ['JWT', { at_hash: 'h' }],
    ['JWT', { c_hash: 'h', typ: 'Bearer' }],
    [undefined, { s_hash: 'h' }],
    ['JWT', { typ: 'ID' }],
    ['JWT', { typ: 'Refresh' }],
    ['JWT', { typ: 7 }],
    ['JWT', { token_use: 'id' }],
    ['id_token', {}],
    ['logout+jwt', {}],
    ['secevent+jwt', {}],
    ['dpop+jwt', {}],
    ['JWT', { events: {} }],
    ['at+jwt', { events: {} }],
    ['', {}],
    [7, {}],
    [null, {}],
  ])('with header type %j and claims %j is refused', (type, payload) => {
    expect(verdict(type, payload)).toBe(REFUSED);
  });

  it('is refused when it is bound to a key, whatever its type', () => {
    expect(verdict('at+jwt', { cnf: { jkt: 'x' } })).toBe('ERR_IDENTITY_TOKEN_SENDER_CONSTRAINED');
  });
});

describe('the config', () => {
  it('can let ID tokens in, but no other kind', () => {
    const more = { acceptIdTokens: true };
    expect(verdict('JWT', { nonce: 'n', at_hash: 'h', typ: 'ID' }, more)).toBe('accepted');
    expect(verdict('id_token', {}, more)).toBe('accepted');
    expect(verdict('JWT', { typ: 'Refresh' }, more)).toBe(REFUSED);
    expect(verdict('JWT', { events: {} }, more)).toBe(REFUSED);
    expect(verdict('logout+jwt', {}, more)).toBe(REFUSED);
  });

  it('can insist on marked access tokens', () => {
    const more = { requireAccessTokenType: true };
    expect(verdict('at+jwt', {}, more)).toBe('accepted');
    expect(verdict('JWT', {}, more)).toBe(REFUSED);
    expect(verdict(undefined, { typ: 'Bearer' }, more)).toBe(REFUSED);
  });
});
