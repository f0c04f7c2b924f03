/** Ways round the forward proxy: other places and names than those that were permitted. */
import { describe, expect, it } from 'vitest';
import { connectHead, secureTunnel } from '../../support/forward-proxy.ts';
import { asked, ca, gateway, place, say, tunnel, useProxyScene } from './proxy-scene.ts';

useProxyScene();

describe('P3: a place is what it was permitted as', () => {
  it.each<readonly [string, (port: number) => string]>([
    ['its address in place of its name', (port) => `127.0.0.1:${port}`],
    ['in decimal', (port) => `2130706433:${port}`],
    ['in hexadecimal', (port) => `0x7f000001:${port}`],
    ['in octal', (port) => `0177.0.0.1:${port}`],
    ['cut short', (port) => `127.1:${port}`],
    ['with a zero in front', (port) => `127.0.0.01:${port}`],
    ['as IPv6', (port) => `[::1]:${port}`],
    ['as IPv4 inside of IPv6', (port) => `[::ffff:127.0.0.1]:${port}`],
    ['as IPv4 inside of IPv6, in hexadecimal', (port) => `[::ffff:7f00:1]:${port}`],
    ['unspecified', (port) => `0.0.0.0:${port}`],
    ['another port', (port) => `api.example.test:${port + 1}`],
    ['the usual port', () => 'api.example.test:443'],
    ['the parent of the wildcard', (port) => `example.test:${port}`],
    ['a name that only ends like it', (port) => `evilexample.test:${port}`],
    ['a name that only begins like it', (port) => `api.example.test.evil.test:${port}`],
    ['the wildcard itself', (port) => `*.example.test:${port}`],
    ['a name beyond ASCII', (port) => `\u00e1pi.example.test:${port}`],
    ['a label that is none', (port) => `-.example.test:${port}`],
    ['the metadata service', () => '169.254.169.254:80'],
    ['the gateway itself', () => `127.0.0.1:${gateway.port}`],
    ['the gateway by name', () => `localhost:${gateway.port}`],
  ])('not %s', async (_what, named) => {
    const { status, socket } = await tunnel(await connectHead(gateway, named(gateway.webPort)));
    expect([400, 403]).toContain(status);
    expect(socket.destroyed || socket.readableEnded).toBe(true);
    expect(asked).toEqual([]);
  });

  it.each<readonly [string, (login: string) => string]>([
    ['user information', (login) => `CONNECT me@${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    [
      'another Host',
      (login) =>
        `CONNECT ${place} HTTP/1.1\r\nHost: other.example.test:${gateway.webPort}\r\n${login}\r\n\r\n`,
    ],
    [
      'a Host without the port',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: evil.test\r\n${login}\r\n\r\n`,
    ],
    [
      'two Hosts',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nHost: evil.test\r\n${login}\r\n\r\n`,
    ],
    [
      'a space in it',
      (login) => `CONNECT api.example.test :443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a bare CR in it',
      (login) => `CONNECT api.example.test\r:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a NUL in it',
      (login) => `CONNECT api.example.test\0.evil:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    ['a line of its own', (login) => `CONNECT ${place} HTTP/1.1\nHost: ${place}\r\n${login}\r\n\r\n`],
    ['no port', (login) => `CONNECT api.example.test HTTP/1.1\r\nHost: api.example.test\r\n${login}\r\n\r\n`],
    ['a path', (login) => `CONNECT ${place}/x HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    ['a URL', (login) => `CONNECT https://${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
    [
      'a percent sign',
      (login) => `CONNECT api%2eexample.test:443 HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`,
    ],
    [
      'a body',
      (login) => `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\nContent-Length: 3\r\n\r\nabc`,
    ],
    [
      'a chunked body',
      (login) =>
        `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a method in lower case', (login) => `connect ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`],
  ])('not with %s', async (_what, head) => {
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const { status } = await tunnel(head(login));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(asked).toEqual([]);
  });

  it('and its name in any case, with a dot at its end, is the same place', async () => {
    const named = `API.Example.TEST.:${gateway.webPort}`;
    const { status, socket } = await tunnel(await connectHead(gateway, named));
    expect(status).toBe(200);
    const secured = await secureTunnel(socket, { ...ca(), servername: 'api.example.test' });
    expect(await say(secured, `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('P3: what is asked in a tunnel is for the place that it leads to', () => {
  async function inside(servername: string, request: string): Promise<string> {
    const { socket } = await tunnel(await connectHead(gateway, place));
    const secured = await secureTunnel(socket, {
      ...ca(),
      ...(servername === '' ? {} : { servername }),
      checkServerIdentity: () => undefined,
    });
    return say(secured, request);
  }
  const other = (): string => `other.example.test:${gateway.webPort}`;

  it.each<readonly [string, string, () => string]>([
    ['another Host', 'api.example.test', () => `GET /a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`],
    [
      'the Host of another port',
      'api.example.test',
      () => 'GET /a HTTP/1.1\r\nHost: api.example.test\r\n\r\n',
    ],
    [
      'a URL of another host',
      'api.example.test',
      () => `GET https://${other()}/a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`,
    ],
    [
      'a URL of another scheme',
      'api.example.test',
      () => `GET http://${place}/a HTTP/1.1\r\nHost: ${place}\r\n\r\n`,
    ],
    [
      'another name in the TLS handshake',
      'other.example.test',
      () => `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`,
    ],
    ['another name in both', 'other.example.test', () => `GET /a HTTP/1.1\r\nHost: ${other()}\r\n\r\n`],
  ])('not with %s', async (_what, servername, request) => {
    const answer = await inside(servername, request());
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      code: 'POLICY_DENIED',
      cause: 'opaque',
    });
    expect(asked).toEqual([]);
    const intent = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(intent).toMatchObject({ effect: 'deny' });
  });

  it('but for a client that names nothing in the handshake', async () => {
    expect(await inside('', `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toEqual([`GET ${place} /a`]);
  });

  it.each<readonly [string, () => string, RegExp]>([
    ['a tunnel in it', () => `CONNECT ${other()} HTTP/1.1\r\nHost: ${other()}\r\n\r\n`, /^HTTP\/1\.1 501 /],
    [
      'the token of the proxy, in another header',
      () => `GET /a HTTP/1.1\r\nHost: ${place}\r\nX-Token: ${token}\r\n\r\n`,
      /^HTTP\/1\.1 400 [^]*ERR_HTTP_MISPLACED_TOKEN/,
    ],
    [
      'two requests in one',
      () =>
        `GET /a HTTP/1.1\r\nHost: ${place}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
  ])('not %s', async (_what, request, expected) => {
    token = await gateway.issuer.token();
    const login = `Proxy-Authorization: Bearer ${token}`;
    const { socket } = await tunnel(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`);
    const secured = await secureTunnel(socket, { ...ca(), servername: 'api.example.test' });
    expect(await say(secured, request())).toMatch(expected);
    expect(asked).toEqual([]);
  });
  let token = '';

  it.each([
    ['/', 403],
    ['/apix/a', 403],
    ['/API/a', 403],
    ['/%61pi/a', 403],
    ['/api/../admin', 403],
    ['/api/%2e%2e/admin', 403],
    ['/x/../api/a', 403],
    ['//api/a', 403],
    ['/api', 200],
    ['/api?x=1', 200],
    ['/api/a/../b', 200],
  ])('of a resource with a path of its own, %s: %d', async (target, status) => {
    const named = `localhost:${gateway.webPort}`;
    const { socket } = await tunnel(await connectHead(gateway, named));
    const secured = await secureTunnel(socket, { ...ca(), servername: 'localhost' });
    const answer = await say(secured, `GET ${target} HTTP/1.1\r\nHost: ${named}\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(asked.every((line) => / \/api(\/|\?|$)/.test(line))).toBe(true);
  });
});
