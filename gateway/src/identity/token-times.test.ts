import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { issuerConfigSchema } from './issuer-config.ts';
import { checkTokenTimes } from './token-times.ts';

const NOW = 1_800_000_000;
const config = issuerConfigSchema.parse({
  issuer: 'https://idp.example',
  audience: ['a'],
  leewaySeconds: 10,
  maxTokenLifetimeSeconds: 900,
});

function check(payload: JsonObject): number {
  return checkTokenTimes(payload, config, NOW * 1000);
}

function coded(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('the times of a token', () => {
  it('give back its end, fractions included', () => {
    expect(check({ exp: NOW + 0.5, iat: NOW })).toBe(NOW + 0.5);
  });

  it('bear the leeway on both ends, to the second', () => {
    expect(check({ exp: NOW - 9, iat: NOW - 20 })).toBe(NOW - 9);
    expect(() => check({ exp: NOW - 10, iat: NOW - 20 })).toThrow(coded('ERR_IDENTITY_TOKEN_EXPIRED'));
    expect(check({ exp: NOW + 60, nbf: NOW + 10, iat: NOW })).toBe(NOW + 60);
    expect(() => check({ exp: NOW + 60, nbf: NOW + 11, iat: NOW })).toThrow(
      coded('ERR_IDENTITY_TOKEN_NOT_YET_VALID'),
    );
    expect(() => check({ exp: NOW + 60, iat: NOW + 11 })).toThrow(coded('ERR_IDENTITY_TOKEN_NOT_YET_VALID'));
  });

  it('span no more than the config allows, and cannot hide the span', () => {
    expect(check({ exp: NOW + 900, iat: NOW })).toBe(NOW + 900);
    expect(check({ exp: NOW + 900, nbf: NOW })).toBe(NOW + 900);
    expect(() => check({ exp: NOW + 901, iat: NOW })).toThrow(coded('ERR_IDENTITY_TOKEN_LIFETIME'));
    expect(() => check({ exp: NOW + 10 })).toThrow(coded('ERR_IDENTITY_TOKEN_LIFETIME'));
  });

  it.each([null, '1900000000', true, [], Number.POSITIVE_INFINITY, -1, 8.64e12 + 1])('are not %j', (exp) => {
    expect(() => check({ exp: exp as never, iat: NOW })).toThrow(coded('ERR_IDENTITY_CLAIM_INVALID'));
    expect(() => check({ exp: NOW + 10, iat: NOW, nbf: exp as never })).toThrow(
      coded('ERR_IDENTITY_CLAIM_INVALID'),
    );
  });
});
