import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureContext, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHostCertificates, type HostCertificates } from './host-certificates.ts';
import { certificateFromLocalCa } from './local-ca.ts';

const HOUR_MS = 3_600_000;
let directory: string;
let now: number;
let hosts: HostCertificates;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'sallyport-hosts-')), 'tls');
  now = Date.now();
  hosts = createHostCertificates({ directory, clock: { nowMs: () => now }, mostHosts: 3 });
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

/** The certificate that a client of this host is shown, verified against the CA. */
async function shown(context: SecureContext, servername: string): Promise<X509Certificate> {
  const server = createServer((socket) => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext: context });
    secured.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  try {
    const ca = await readFile(hosts.caFile);
    return await new Promise((resolve, reject) => {
      const options = servername.includes(':') || /^[\d.]+$/.test(servername) ? {} : { servername };
      const client = connect({
        socket: connectTcp(address.port, '127.0.0.1'),
        ca,
        host: servername,
        ...options,
      });
      client.once('error', reject);
      client.once('secureConnect', () => {
        const peer = client.getPeerX509Certificate();
        client.destroy();
        if (peer === undefined) reject(new Error('no certificate'));
        else resolve(peer);
      });
    });
  } finally {
    server.close();
  }
}

describe('a certificate for a host', () => {
  it.each([
    ['api.example.com', 'DNS:api.example.com'],
    ['192.0.2.7', 'IP Address:192.0.2.7'],
    ['2001:db8::7', 'IP Address:2001:DB8:0:0:0:0:0:7'],
  ])('P3: vouches for %s and nothing else, for a day', async (host, names) => {
    const leaf = await shown(await hosts.contextFor(host), host);
    expect(leaf.subjectAltName).toBe(names);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    const authority = new X509Certificate(await readFile(hosts.caFile));
    expect(leaf.verify(authority.publicKey) && leaf.checkIssued(authority)).toBe(true);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBeLessThanOrEqual(25 * HOUR_MS);
  });

  it('P6: leaves no key behind but that of the CA', async () => {
    await hosts.contextFor('api.example.com');
    expect((await readdir(directory)).sort()).toEqual(['ca.crt', 'ca.key']);
  });

  it('has a CA before the first one is asked for', async () => {
    await hosts.open();
    const before = await readFile(hosts.caFile, 'utf8');
    await hosts.contextFor('api.example.com');
    expect(await readFile(hosts.caFile, 'utf8')).toBe(before);
  });

  it('comes from the CA that the gateway has already', async () => {
    const own = await certificateFromLocalCa({ directory, names: [], clock: { nowMs: () => now } }).load();
    const before = await readFile(hosts.caFile, 'utf8');
    await hosts.contextFor('api.example.com');
    expect(await readFile(hosts.caFile, 'utf8')).toBe(before);
    expect(own.caFile).toBe(hosts.caFile);
  });

  it.each([['*.example.com'], ['a b'], ['a\r\nb'], ['a,DNS:b'], ['a/b'], ['a..b'], ['[::1]'], ['']])(
    'P3: is not made for %j',
    async (host) => {
      await expect(hosts.contextFor(host)).rejects.toMatchObject({
        code: 'ERR_LISTENER_CERTIFICATE_INVALID',
      });
    },
  );

  it('is made once, also where many ask at once', async () => {
    const [first, ...others] = await Promise.all(
      Array.from({ length: 20 }, () => hosts.contextFor('a.example')),
    );
    for (const other of others) expect(other).toBe(first);
    now += 11 * HOUR_MS;
    expect(await hosts.contextFor('a.example')).toBe(first);
  });

  it('is made anew before it ends, and after the clock was set back', async () => {
    const first = await hosts.contextFor('a.example');
    now += 12 * HOUR_MS;
    const second = await hosts.contextFor('a.example');
    expect(second).not.toBe(first);
    now -= 2 * HOUR_MS;
    expect(await hosts.contextFor('a.example')).not.toBe(second);
  });

  it('P10: is forgotten when many others were asked for since', async () => {
    const first = await hosts.contextFor('a.example');
    const second = await hosts.contextFor('b.example');
    await hosts.contextFor('c.example');
    expect(await hosts.contextFor('a.example')).toBe(first);
    await hosts.contextFor('d.example');
    expect(await hosts.contextFor('a.example')).toBe(first);
    expect(await hosts.contextFor('b.example')).not.toBe(second);
  });

  it('can be had as soon as a broken CA is mended', async () => {
    await hosts.contextFor('a.example');
    await rm(join(directory, 'ca.key'));
    await expect(hosts.contextFor('b.example')).rejects.toMatchObject({
      code: 'ERR_LISTENER_LOCAL_CA_BROKEN',
    });
    await rm(hosts.caFile);
    await expect(hosts.contextFor('b.example')).resolves.toBeDefined();
  });
});
