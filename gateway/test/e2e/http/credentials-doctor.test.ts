import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../../src/model/check-result.ts';
import { httpResourceSchema } from '../../../src/protocols/http/config.ts';
import { httpDoctor } from '../../../src/protocols/http/upstream/doctor.ts';
import { createTestCertificate, type TestCertificate } from '../../support/certificates.ts';
import { doctorServices } from '../../support/doctor-services.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { createAuthority } from '../upstream/certificate-authority.ts';
import { CLIENT_SECRET, refuseToken, startTokenEndpoint } from './token-endpoint.ts';

const clients = createAuthority('clients');
const DAY_MS = 86_400_000;
let folder: TemporaryFolder;
let certificate: TestCertificate;
let service: Server;

beforeAll(async () => {
  folder = createTemporaryFolder('http-doctor');
  certificate = await createTestCertificate(path.join(folder.path, 'tls'));
  const { cert, key } = certificate;
  service = createServer({ cert, key, ca: clients.cert, requestCert: true, rejectUnauthorized: true });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  service?.close();
  folder?.[Symbol.dispose]();
});

const file = (name: string, text: string, mode = 0o600): { readonly file: string } => {
  const at = path.join(folder.path, name);
  writeFileSync(at, text, { mode });
  return { file: at };
};

async function examine(resource: object): Promise<readonly Partial<CheckResult>[]> {
  const url = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const shown = clients.issue({ commonName: 'gateway' });
  const tls = {
    ca: certificate.caFile,
    clientCertificate: { certificate: file('a.crt', shown.cert, 0o644), key: file('a.key', shown.key) },
  };
  const config = httpResourceSchema.parse({ url, tls, credential: { none: true }, ...resource });
  const of = { resource: { name: 'shop', protocol: 'http', labels: {}, mode: 'enforce' } as const, config };
  const services = doctorServices();
  const { results } = await httpDoctor.examine(of, services);
  return results.map(({ level, message }) => ({ level, message }));
}

const REACHED = { level: 'ok', message: 'the service can be reached' };

describe('doctor, of the gateway’s own credentials', () => {
  it('finds what is well', async () => {
    const results = await examine({ credential: { query: { name: 'key', value: file('key', 'secret') } } });
    expect(results).toEqual([
      { level: 'ok', message: expect.stringMatching(/^the client certificate ends at 20/) },
      { level: 'ok', message: 'the credential can be read' },
      REACHED,
    ]);
  });

  it('finds a secret that is not there, and one that others can read', async () => {
    const missing = await examine({ credential: { bearer: { file: '/nowhere/secret' } } });
    expect(missing[1]).toEqual({
      level: 'fail',
      message: 'the credential cannot be obtained: secret file /nowhere/secret cannot be read: ENOENT',
    });
    const open = await examine({ credential: { bearer: file('open', 'secret', 0o644) } });
    expect(open[1]).toMatchObject({ level: 'warn', message: expect.stringContaining('chmod it to 0600') });
  });

  it.each<readonly [string, () => object, RegExp, string]>([
    [
      'near its end',
      () => clients.issue({ commonName: 'gateway', notAfter: new Date(Date.now() + 2 * DAY_MS) }),
      /^the client certificate ends at/,
      'warn',
    ],
    [
      'that has ended',
      () => clients.issue({ commonName: 'gateway', notAfter: new Date(Date.now() - DAY_MS / 2) }),
      /^the client certificate ended at .*; renew it$/,
      'fail',
    ],
    [
      'that the service does not know',
      () => createAuthority('foreign').issue({ commonName: 'gateway' }),
      /closed the connection when it saw the client certificate|cannot connect: ERR_SSL/,
      'fail',
    ],
  ])('finds a certificate %s', async (_what, issue, message, level) => {
    const { cert, key } = issue() as { readonly cert: string; readonly key: string };
    const clientCertificate = { certificate: file('b.crt', cert), key: file('b.key', key) };
    const results = await examine({ tls: { ca: certificate.caFile, clientCertificate } });
    expect(results).toContainEqual({ level, message: expect.stringMatching(message) });
  });

  it('asks for an access token, and says why there is none', async () => {
    await using endpoint = await startTokenEndpoint(certificate);
    const oauth = {
      tokenUrl: endpoint.url,
      ca: certificate.caFile,
      clientId: 'gateway',
      clientSecret: file('client', CLIENT_SECRET),
    };
    expect((await examine({ credential: { oauth } }))[1]).toEqual({
      level: 'ok',
      message: 'an access token was issued',
    });
    endpoint.answer = refuseToken(401, 'invalid_client');
    const results = await examine({ credential: { oauth } });
    expect(results[1]).toEqual({
      level: 'fail',
      message: 'token endpoint: it answered 401, invalid_client',
    });
    expect(JSON.stringify(results)).not.toContain(CLIENT_SECRET);
  });
});
