import { describe, expect, it } from 'vitest';
import { type OauthClient, upstreamCredentialSchema } from '../../credential-config.ts';
import { readTokenAnswer, tokenRequest } from './token-exchange.ts';

const SECRET = 'p@ss:word&=+ 1';

function client(more: object = {}): OauthClient {
  const oauth = {
    tokenUrl: 'https://id.internal/token',
    clientId: 'gate:way',
    clientSecret: { env: 'X' },
    ...more,
  };
  const parsed = upstreamCredentialSchema.parse({ oauth });
  return 'oauth' in parsed ? parsed.oauth : expect.fail();
}
const read = (status: number, document: unknown): unknown =>
  readTokenAnswer(status, Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)));
const failure = (status: number, document: unknown): unknown => {
  try {
    return read(status, document);
  } catch (error) {
    return error;
  }
};

describe('a request for a token (RFC 6749 section 4.4.2)', () => {
  it('has the client in Authorization, form-encoded first', () => {
    const { authorization, body } = tokenRequest(client(), SECRET);
    expect(body).toBe('grant_type=client_credentials');
    const login = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    expect(login).toBe('gate%3Away:p%40ss%3Aword%26%3D%2B+1');
  });

  it('has it in the body where the server asks for that', () => {
    const how = client({ auth: 'post', scope: 'read write', audience: 'https://api.internal/' });
    const { authorization, body } = tokenRequest(how, SECRET);
    expect(authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'gate:way',
      client_secret: SECRET,
      scope: 'read write',
      audience: 'https://api.internal/',
    });
  });
});

describe('an answer with a token', () => {
  const token = { access_token: 'at-1', token_type: 'Bearer' };

  it.each([
    [3600, 3600],
    ['3600', 3600],
    [0, 0],
    [1e9, 86_400],
    [undefined, undefined],
    [null, undefined],
    [-1, undefined],
    ['soon', undefined],
    ['1e3', undefined],
  ])('that says it lives for %s seconds, is used for %s', (lifetime, expected) => {
    expect(read(200, { ...token, token_type: 'bearer', expires_in: lifetime })).toEqual({
      token: 'at-1',
      lifetimeSeconds: expected,
    });
  });

  it.each<readonly [string, unknown]>([
    ['no JSON', 'access_token=at-1&token_type=bearer'],
    ['no object', '"at-1"'],
    ['null', 'null'],
    ['no token', { token_type: 'Bearer' }],
    ['an empty token', { ...token, access_token: '' }],
    ['a token that is no text', { ...token, access_token: ['at-1'] }],
    ['P2: a token with a line end', { ...token, access_token: 'a\r\nx-admin: 1' }],
    ['a token with a space', { ...token, access_token: 'a b' }],
    ['a token beyond ASCII', { ...token, access_token: 'ä' }],
    ['P10: a token that fits into no header', { ...token, access_token: 'a'.repeat(16_385) }],
    ['no type', { access_token: 'at-1' }],
    ['another type', { ...token, token_type: 'mac' }],
    ['bytes that are no text', '{"access_token":"\xff"'],
  ])('P3: is refused with %s', (_what, document) => {
    expect(failure(200, document)).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_TOKEN', status: 502 });
  });
});

describe('an answer without', () => {
  it.each([
    [400, { error: 'invalid_scope' }, 'ERR_HTTP_UPSTREAM_TOKEN', 'it answered 400, invalid_scope'],
    [401, { error: 'invalid_client' }, 'ERR_HTTP_UPSTREAM_TOKEN', 'it answered 401, invalid_client'],
    [401, 'go away', 'ERR_HTTP_UPSTREAM_TOKEN', 'it answered 401'],
    [302, '', 'ERR_HTTP_UPSTREAM_TOKEN', 'it answered 302'],
    [201, { access_token: 'a', token_type: 'bearer' }, 'ERR_HTTP_UPSTREAM_TOKEN', 'it answered 201'],
    [408, '', 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE', 'it answered 408'],
    [429, '', 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE', 'it answered 429'],
    [
      503,
      { error: 'temporarily_unavailable' },
      'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE',
      'it answered 503, temporarily_unavailable',
    ],
  ])('%i says what is wrong', (status, document, code, message) => {
    expect(failure(status, document)).toMatchObject({
      code,
      message: `token endpoint: ${message}`,
      status: code.endsWith('UNAVAILABLE') ? 503 : 502,
    });
  });

  it('P6: repeats nothing that the server made up, or was told', () => {
    const error = failure(400, { error: SECRET, error_description: SECRET });
    expect(error).toMatchObject({ message: 'token endpoint: it answered 400' });
    expect(JSON.stringify(error) + String(error)).not.toContain(SECRET);
  });
});
