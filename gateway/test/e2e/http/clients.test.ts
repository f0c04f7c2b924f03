import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';

const PLAIN = { allowLoopbackPlaintext: true };

async function head(gateway: HttpGateway, line: string, ...fields: readonly string[]): Promise<string> {
  const token = await gateway.issuer.token();
  return [line, 'Host: gateway', `Authorization: Bearer ${token}`, ...fields, '', ''].join('\r\n');
}

describe('clients', () => {
  it('P10: one that leaves within an answer ends the work of the service, and that is on record', async () => {
    let upstream: IncomingMessage | undefined;
    await using gateway = await startHttpGateway({
      service: (request, response) => {
        upstream = request;
        response.write('first');
      },
      listener: PLAIN,
    });
    const socket = connect({ host: gateway.host, port: gateway.port });
    socket.write(await head(gateway, 'GET /shop/a HTTP/1.1'));
    await once(socket, 'data');
    const closed = once(upstream?.socket as never, 'close');
    socket.destroy();
    await closed;
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'session.closed'));
    expect(records.findLast(({ type }) => type === 'exchange.outcome')).toMatchObject({
      status: 'cancelled',
      result: { status: 200 },
    });
  });

  it('P10: one that leaves before an answer ends the work of the service too', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    await using gateway = await startHttpGateway({
      service: (request) => arrived.resolve(request),
      listener: PLAIN,
    });
    const socket = connect({ host: gateway.host, port: gateway.port });
    socket.write(await head(gateway, 'POST /shop/a HTTP/1.1', 'Content-Length: 0'));
    const request = await arrived.promise;
    const closed = once(request.socket, 'close');
    socket.destroy();
    await closed;
  });

  it('one that offers HTTP/2 on a plain connection is served HTTP/1.1, and goes on', async () => {
    const seen: string[] = [];
    await using gateway = await startHttpGateway({
      service: (request, response) => {
        seen.push(`${request.url} ${request.headers.upgrade} ${request.headers['http2-settings']}`);
        request.resume();
        response.end('fine');
      },
      listener: PLAIN,
    });
    const offer = ['Connection: upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    const answer = await exchangeBytes(
      gateway,
      (await head(gateway, 'GET /shop/one HTTP/1.1', ...offer)) +
        (await head(gateway, 'POST /shop/two HTTP/1.1', ...offer, 'Content-Length: 3')) +
        'abc' +
        (await head(gateway, 'GET /shop/three HTTP/1.1', 'Connection: close')),
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(seen).toEqual(['/one', '/two', '/three'].map((path) => `${path} undefined undefined`));
  });

  it('one connection may serve several principals and resources, each in a session of its own', async () => {
    await using gateway = await startHttpGateway({
      service: (_request, response) => response.end('fine'),
      listener: PLAIN,
    });
    const other = await gateway.issuer.token({ sub: 'agent-2' });
    const mine = await head(gateway, 'GET /shop/a HTTP/1.1');
    const theirs = `GET /shop/b HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${other}\r\nConnection: close\r\n\r\n`;
    await exchangeBytes(gateway, mine + mine + theirs);
    const records = await gateway.recordsUntil(
      (all) => all.filter(({ type }) => type === 'session.closed').length === 2,
    );
    const opened = records.filter(({ type }) => type === 'session.opened');
    expect(opened.map(({ principal }) => (principal as { subject: string }).subject)).toEqual([
      'agent-1',
      'agent-2',
    ]);
    expect(records.filter(({ type }) => type === 'session.closed')).toMatchObject([
      { reason: 'replaced', exchanges: 2 },
      { reason: 'client-closed', exchanges: 1 },
    ]);
  });

  it('P6 P10: failed logins are on record without the token, and too many are refused unheard', async () => {
    await using gateway = await startHttpGateway({
      service: (_request, response) => response.end('fine'),
      listener: PLAIN,
      limits: { failedAuthenticationsPerMinute: 2 },
    });
    const bad = await gateway.issuer.token({ audience: 'other' });
    const bytes = `GET /shop/a HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${bad}\r\n\r\n`;
    expect(await exchangeBytes(gateway, bytes)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await exchangeBytes(gateway, bytes)).toMatch(/^HTTP\/1\.1 401 /);
    const throttled = await exchangeBytes(gateway, bytes);
    expect(throttled).toMatch(/^HTTP\/1\.1 429 /);
    expect(throttled).toMatch(/retry-after: \d+/);
    const records = await gateway.recordsUntil((all) =>
      all.some(({ type }) => type === 'authentication.failed'),
    );
    expect(records.find(({ type }) => type === 'authentication.failed')).toMatchObject({
      protocol: 'http',
      code: 'ERR_IDENTITY_TOKEN_AUDIENCE',
      claimed: { resource: 'shop' },
    });
    expect(JSON.stringify(records) + gateway.logLines.join('')).not.toContain(bad);
  });

  it('P12: a gateway that stops closes idle connections at once', async () => {
    const gateway = await startHttpGateway({
      service: (_request, response) => response.end('fine'),
      listener: PLAIN,
    });
    const socket = connect({ host: gateway.host, port: gateway.port });
    socket.write(await head(gateway, 'GET /shop/a HTTP/1.1'));
    await once(socket, 'data');
    const closed = once(socket, 'close');
    socket.resume();
    await gateway.gateway.stop('test');
    await closed;
    const records = gateway.records();
    expect(records.find(({ type }) => type === 'session.closed')).toMatchObject({
      reason: 'gateway-stopped',
    });
    await gateway[Symbol.asyncDispose]();
  });
});
