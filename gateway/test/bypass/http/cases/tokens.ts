/** Who asks: tokens in places where they would be forwarded, and more than one of them. */
import type { HttpAttack } from './attack.ts';

const TOKEN = (head: (line: string) => string): string =>
  /Authorization: Bearer (\S+)/.exec(head('x'))?.[1] ?? '';

const twice = (
  name: string,
  line: (token: string) => string,
  fields: (token: string) => readonly string[],
): HttpAttack => ({
  name,
  bytes: (head) => head(line(TOKEN(head)), ...fields(TOKEN(head)), 'Connection: close'),
});

const GET = (): string => 'GET /shop/public/a HTTP/1.1';
const none = (): readonly string[] => [];

/** A request whose only token is where the test says. */
const only = (name: string, ...fields: readonly ((token: string) => string)[]): HttpAttack => ({
  name,
  bytes: (head) =>
    [
      'GET /shop/public/a HTTP/1.1',
      'Host: gateway',
      ...fields.map((field) => field(TOKEN(head))),
      'Connection: close',
      '',
      '',
    ].join('\r\n'),
});

/** All of them. */
export const TOKENS: readonly HttpAttack[] = [
  twice('in the query', (token) => `GET /shop/public/a?access_token=${token} HTTP/1.1`, none),
  twice('in the path', (token) => `GET /shop/public/${token} HTTP/1.1`, none),
  twice('in a cookie', GET, (token) => [`Cookie: session=${token}`]),
  twice('in another header', GET, (token) => [`X-Api-Key: ${token}`]),
  twice('in User-Agent', GET, (token) => [`User-Agent: agent ${token}`]),
  twice('in two Authorization fields', GET, (token) => [`Authorization: Bearer ${token}`]),
  twice('in Referer', GET, (token) => [`Referer: https://a.example/?t=${token}`]),
  only('none'),
  only('an empty one', () => 'Authorization: Bearer '),
  only('another scheme', (token) => `Authorization: Token ${token}`),
  only('a folded one', (token) => `Authorization: Bearer\r\n ${token}`),
  only('two in one field', (token) => `Authorization: Bearer ${token}, Bearer ${token}`),
  only('with a parameter', (token) => `Authorization: Bearer ${token};x=y`),
  only('a changed signature', (token) => `Authorization: Bearer ${token.slice(0, -4)}AAAA`),
  only('no signature', (token) => `Authorization: Bearer ${token.split('.').slice(0, 2).join('.')}.`),
  only(
    'no algorithm',
    (token) =>
      `Authorization: Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`,
  ),
  only('in the query alone', () => 'X: y'),
  only('in a cookie alone', (token) => `Cookie: access_token=${token}`),
  only('by a name with an underscore', (token) => `Proxy_Authorization: Bearer ${token}`),
  only(
    'as claims in headers',
    () => 'X-Forwarded-User: root',
    () => 'X-Forwarded-Groups: agents',
  ),
  only(
    'a session credential that nobody minted',
    () => `Authorization: Bearer cred_0123456789abcdef.slp_${'a'.repeat(36)}`,
  ),
];
