import { describe, expect, test } from 'vitest';
import { createAuthority } from './certificate-authority.ts';
import type { ServerOrigin } from './cluster.ts';
import { SERVER_NAMES, useRealUpstream } from './real-upstream.ts';

describe.each<ServerOrigin>(['npm', 'debian'])('a real PostgreSQL (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  const { ca, connect, failure, present, write } = upstream;

  describe('certificates', () => {
    test('of another authority of the same name are refused', async () => {
      const otherCa = await write('other-ca.pem', createAuthority('server ca').cert);
      const error = await failure('app', { config: { tls: { ca: otherCa } } });
      expect(error.code).toBe('ERR_UPSTREAM_CERTIFICATE');
    });

    test('are refused where no CA is named, because no public one signed them', async () => {
      expect((await failure('app', { config: { tls: {} } })).code).toBe('ERR_UPSTREAM_CERTIFICATE');
    });

    test('for another name are refused, by verify-full', async () => {
      const tls = { ca: ca(), serverName: 'db.example' };
      const error = await failure('app', { config: { tls } });
      expect(error.code).toBe('ERR_UPSTREAM_CERTIFICATE');
      expect(error.message).toContain('ALTNAME');
      const connection = await connect('app', { config: { tls: { ...tls, mode: 'verify-ca' } } });
      expect(connection.tls?.verified).toBe(true);
      connection.socket.destroy();
    });

    test('are checked against the host where no name is given, DNS name and address alike', async () => {
      const connection = await connect('app', { config: { host: 'localhost', tls: { ca: ca() } } });
      connection.socket.destroy();
      const onlyName = upstream.authority.issue({ commonName: '127.0.0.1', dnsNames: ['localhost'] });
      await present(onlyName);
      expect((await failure('app')).code).toBe('ERR_UPSTREAM_CERTIFICATE');
    });

    test('that have expired or do not count yet are refused', async () => {
      const hour = 3_600_000;
      const now = Date.now();
      const expired = upstream.authority.issue({ ...SERVER_NAMES, notAfter: new Date(now - hour) });
      await present(expired);
      expect((await failure('app')).message).toContain('CERT_HAS_EXPIRED');
      const early = upstream.authority.issue({ ...SERVER_NAMES, notBefore: new Date(now + hour) });
      await present(early);
      expect((await failure('app')).message).toContain('CERT_NOT_YET_VALID');
    });

    test('are not checked by require, where channel binding still proves that the server knows the password', async () => {
      const connection = await connect('app', { config: { tls: { mode: 'require' } } });
      expect(connection).toMatchObject({ method: 'scram-sha-256-plus', tls: { verified: false } });
      connection.socket.destroy();
    });

    test.each(['ecdsa-sha384', 'rsa-sha512', 'rsa-pss-sha384'] as const)(
      'signed with %s bind the channel',
      async (kind) => {
        const other = createAuthority('other', kind);
        await present(other.issue(SERVER_NAMES));
        const ca = await write(`${kind}.pem`, other.cert);
        const connection = await connect('app', { config: { tls: { ca } } });
        expect(connection.method).toBe('scram-sha-256-plus');
        connection.socket.destroy();
      },
    );

    test('signed with Ed25519 cannot bind the channel, and scram goes without', async () => {
      const other = createAuthority('other', 'ed25519');
      await present(other.issue(SERVER_NAMES));
      const ca = await write('ed25519.pem', other.cert);
      const connection = await connect('app', { config: { tls: { ca } } });
      expect(connection.method).toBe('scram-sha-256');
      connection.socket.destroy();
      const error = await failure('app', { config: { tls: { ca }, authMethods: ['scram-sha-256-plus'] } });
      expect(error.code).toBe('ERR_UPSTREAM_METHOD');
    });
  });
});
