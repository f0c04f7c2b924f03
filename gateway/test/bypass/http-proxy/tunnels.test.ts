/** Ways round the forward proxy: other protocols than those that were permitted, and floods. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  ALLOW_PROXY,
  connectHead,
  connectRaw,
  secureTunnel,
  startProxyGateway,
} from '../../support/forward-proxy.ts';
import { curl } from '../../support/http-clients.ts';
import { asked, gateway, opened, place, say, service, tunnel, useProxyScene } from './proxy-scene.ts';

useProxyScene();

describe('denials in tunnels', () => {
  it('P3: are all that is in them, whatever is asked, and lead nowhere', async () => {
    await using talkative = await startProxyGateway({
      service,
      listener: { denialsInTunnels: true, headTimeoutMs: 2_500 },
    });
    const ask = async (named: string, request: string, alpn?: string): Promise<string> => {
      const { status, socket } = await connectRaw(talkative, await connectHead(talkative, named));
      opened.push(socket);
      expect(status).toBe(200);
      const secured = await secureTunnel(socket, {
        ca: readFileSync(talkative.caFile, 'utf8'),
        servername: named.replace(/:\d+$/, ''),
        ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      });
      return say(secured, request, /^\0never/);
    };
    const permitted = `api.example.test:${talkative.webPort}`;
    const two = `GET /a HTTP/1.1\r\nHost: ${permitted}\r\n\r\n`.repeat(2);
    const answer = await ask('nowhere.test:443', two);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
    expect(answer).toContain('nowhere.test:443 is refused');
    expect(
      await ask('nowhere.test:443', `CONNECT ${permitted} HTTP/1.1\r\nHost: ${permitted}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toEqual([]);
    // Who does not say who he is, or names no place, gets no tunnel.
    for (const [head, expected] of [
      ['CONNECT nowhere.test:443 HTTP/1.1\r\nHost: nowhere.test:443\r\n\r\n', 407],
      [await connectHead(talkative, '0x7f.1:443'), 403],
    ] as const) {
      expect((await connectRaw(talkative, head)).status).toBe(expected);
    }
    // Plain HTTP is told so, too.
    const { socket } = await connectRaw(talkative, await connectHead(talkative, 'nowhere.test:80'));
    opened.push(socket);
    expect(await say(socket, 'GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n', /^\0never/)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    // And one that says nothing is not waited for.
    const silent = await connectRaw(talkative, await connectHead(talkative, 'nowhere.test:443'));
    opened.push(silent.socket);
    await say(silent.socket, '', /^\0never/);
    expect(silent.socket.closed).toBe(true);
    const refused = talkative.records().filter(({ type }) => type === 'destination.refused');
    expect(refused.length).toBeGreaterThanOrEqual(5);
  });

  it('P9: are what clients show that show nothing of an answer to CONNECT', async () => {
    await using talkative = await startProxyGateway({
      listener: { denialsInTunnels: true },
      resources: () => [
        { name: 'closed', protocol: 'http', destinations: ['closed.test'], credential: { none: true } },
      ],
      policy: ALLOW_PROXY.replace('on: connect, match: {', 'on: connect, match: { resources: [web],'),
    });
    const args = ['--proxy', await talkative.proxyUrl(), '--cacert', talkative.caFile];
    const unknown = await curl([...args, 'https://nowhere.test/']);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ status: 403, code: 'ERR_HTTP_DESTINATION' });
    const denied = await curl([...args, 'https://closed.test/']);
    expect(JSON.parse(denied.stdout)).toMatchObject({
      status: 403,
      code: 'POLICY_DENIED',
      detail: expect.stringContaining('connect to closed as account service'),
    });
  });
});

describe('P10: what is no tunnel, or is slow', () => {
  it('data behind a refused CONNECT is no request', async () => {
    const refused = await connectHead(gateway, 'nowhere.test:443');
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const smuggled = `GET https://${place}/smuggled HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`;
    const { status, head, body } = await tunnel(refused + smuggled);
    expect(status).toBe(403);
    expect(head.toLowerCase()).toContain('connection: close');
    expect(body).not.toContain('HTTP/1.1');
    expect(asked).toEqual([]);
  });

  it('data in front of the answer is the tunnel’s, and nothing else', async () => {
    const login = `Proxy-Authorization: Bearer ${await gateway.issuer.token()}`;
    const smuggled = `GET https://${place}/smuggled HTTP/1.1\r\nHost: ${place}\r\n${login}\r\n\r\n`;
    const { status, socket, body } = await tunnel((await connectHead(gateway, place)) + smuggled);
    expect(status).toBe(200);
    expect(body + (await say(socket, ''))).toMatch(/^HTTP\/1\.1 400 [^]*TLS is required in this tunnel/);
    expect(asked).toEqual([]);
  });

  it('a tunnel without TLS is told so', async () => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    const answer = await say(socket, `GET /a HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*TLS is required in this tunnel/);
    expect(asked).toEqual([]);
  });

  it.each([
    ['says nothing', ''],
    ['begins a handshake and stops', '\x16\x03\x01\x02\x00\x01\x00'],
    ['begins with nonsense', '\x16\x03\x01\x00\x05hello'],
  ])('a client that %s is not waited for', async (_what, bytes) => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    await say(socket, bytes, /^\0never/);
    expect(socket.closed).toBe(true);
    expect(asked).toEqual([]);
  });

  it('many tunnels that stand still keep nobody from his own', async () => {
    const head = await connectHead(gateway, place);
    const idle = await Promise.all(Array.from({ length: 150 }, () => tunnel(head)));
    expect(idle.every(({ status }) => status === 200)).toBe(true);
    const args = ['--proxy', await gateway.proxyUrl(), '--cacert', gateway.caFile, `https://${place}/a`];
    expect((await curl(args)).stdout).toBe('served');
    for (const { socket } of idle) {
      if (socket.closed) continue;
      socket.resume();
      await once(socket, 'close');
    }
  });

  it('a client that leaves in the middle of a handshake leaves nothing behind', async () => {
    const { socket } = await tunnel(await connectHead(gateway, place));
    socket.write(Buffer.from('\x16\x03\x01\x02\x00\x01', 'latin1'));
    socket.destroy();
    const opened = gateway.records().findLast(({ type }) => type === 'session.opened');
    await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'session.closed' && one['session'] === opened?.['session']),
    );
    const probe = connectTcp(gateway.port, gateway.host);
    await once(probe, 'connect');
    probe.destroy();
  });
});
