import { describe, expect, test } from 'vitest';
import { createCredentialSource } from '../../../src/credentials/credential-source.ts';
import { ask } from './ask.ts';
import { createAuthority } from './certificate-authority.ts';
import type { ServerOrigin } from './cluster.ts';
import { useRealUpstream } from './real-upstream.ts';

describe.each<ServerOrigin>(['npm', 'debian'])('a real PostgreSQL (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  const { ca, cluster, connect, failure, write } = upstream;

  test('scram with channel binding inside verified TLS, and a DBA sees the session’s name', async () => {
    const connection = await connect('app');
    expect(connection).toMatchObject({
      method: 'scram-sha-256-plus',
      tls: { protocol: 'TLSv1.3', verified: true },
    });
    expect(Math.trunc(connection.serverVersion / 10_000)).toBe(cluster().major);
    const sql = `SELECT application_name || ' ' || ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
                    WHERE pid = pg_backend_pid()`;
    expect((await ask(connection, sql)).cells).toEqual(['sallyport/ses_1 true']);
    connection.socket.destroy();
  });

  test('scram without channel binding where the operator wants it so', async () => {
    const connection = await connect('app', {
      config: { tls: { ca: ca() }, authMethods: ['scram-sha-256'] },
    });
    expect(connection.method).toBe('scram-sha-256');
    connection.socket.destroy();
  });

  test('scram in plaintext to this machine', async () => {
    const connection = await connect('plain', { config: { tls: { mode: 'disable' } } });
    expect(connection).toMatchObject({ method: 'scram-sha-256', tls: undefined });
    connection.socket.destroy();
  });

  test.each([
    ['legacy', 'md5'],
    ['clear', 'password'],
  ])('login %s by %s is refused, unless the operator allows it', async (user, method) => {
    expect((await failure(user)).code).toBe('ERR_UPSTREAM_METHOD');
    const connection = await connect(user, { config: { tls: { ca: ca() }, authMethods: [method] } });
    expect(connection.method).toBe(method);
    connection.socket.destroy();
  });

  test('a client certificate alone', async () => {
    const client = upstream.clientAuthority.issue({ commonName: 'certified' });
    const other = createAuthority('foreign ca').issue({ commonName: 'certified' });
    const key = await write('client.key', client.key);
    const otherKey = await write('other.key', other.key);
    const clientCertificate = { cert: await write('client.pem', client.cert), key };
    const connection = await connect('certified', { account: { clientCertificate }, password: undefined });
    expect(connection.method).toBe('trust');
    connection.socket.destroy();
    expect((await failure('certified', { password: undefined })).code).toBe('ERR_UPSTREAM_AUTHENTICATION');
    const foreign = { clientCertificate: { cert: await write('other.pem', other.cert), key: otherKey } };
    // The server tells by a TLS alert after the handshake and hangs up, which may overtake the alert.
    const unwelcome = await failure('certified', { account: foreign, password: undefined });
    expect(['ERR_UPSTREAM_TLS', 'ERR_UPSTREAM_UNREACHABLE']).toContain(unwelcome.code);
    const swapped = { clientCertificate: { ...clientCertificate, key: otherKey } };
    const error = await failure('certified', { account: swapped, password: undefined });
    expect(error.code).toBe('ERR_UPSTREAM_CONFIGURATION');
  });

  test('a client certificate together with a password', async () => {
    const client = upstream.clientAuthority.issue({ commonName: 'twofold' });
    const clientCertificate = {
      cert: await write('twofold.pem', client.cert),
      key: await write('twofold.key', client.key),
    };
    const connection = await connect('twofold', { account: { clientCertificate } });
    expect(connection.method).toBe('scram-sha-256-plus');
    connection.socket.destroy();
  });

  test('a server that trusts everybody is refused where a secret is configured', async () => {
    expect((await failure('anybody')).code).toBe('ERR_UPSTREAM_METHOD');
    const config = { tls: { ca: ca() }, authMethods: ['scram-sha-256', 'trust'] };
    const connection = await connect('anybody', { config });
    expect(connection.method).toBe('trust');
    connection.socket.destroy();
  });

  test.each(['app', 'plain', 'legacy', 'clear'])('a wrong password for %s', async (user) => {
    const config = { tls: { ca: ca() }, authMethods: ['scram-sha-256', 'md5', 'password'] };
    const error = await failure(user, { config, password: 'wrong' });
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION', sqlstate: '28P01' });
  });

  test('after a refused password a cached one is forgotten', async () => {
    let invalidated = 0;
    const source = createCredentialSource({ env: 'PW' }, { env: { PW: 'wrong' } });
    const credential = { ...source, invalidate: (): void => void (invalidated += 1) };
    await failure('app', { options: { credential } });
    expect(invalidated).toBe(1);
  });

  test('SASLprep agrees with the server on passwords outside ASCII', async () => {
    const passwords = [
      'ẞ straße',
      'ª Ⅸ ﬁ',
      'e\u0301',
      'a\u00a0b\u200bc',
      'I\u00adX',
      '\u{1f600}ª',
      '\u05d0\u00b9\u05d1',
      '\u0627ª',
    ];
    for (const [index, password] of passwords.entries()) {
      await cluster().sql(`CREATE ROLE unicode${index} LOGIN PASSWORD '${password}'`);
      const connection = await connect(`unicode${index}`, { password });
      expect(connection.method).toBe('scram-sha-256-plus');
      connection.socket.destroy();
    }
    (await connect('unicode1', { password: 'a IX fi' })).socket.destroy();
    expect((await failure('unicode5', { password: '\u{1f600}a' })).code).toBe('ERR_UPSTREAM_AUTHENTICATION');
  });

  test('a server with more iterations than allowed is refused', async () => {
    const config = { tls: { ca: ca() }, minScramIterations: 1, maxScramIterations: 4095 };
    const error = await failure('app', { config });
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_PROTOCOL' });
    expect(error.message).toContain('4096 scram iterations');
  });
});
