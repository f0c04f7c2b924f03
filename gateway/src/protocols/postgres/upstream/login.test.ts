import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createScramServer, type ScramFaults } from '../../../../test/e2e/upstream/scram-server.ts';
import { createScriptedPeer, type Step } from '../../../../test/e2e/upstream/scripted-peer.ts';
import {
  authentication,
  PINNED_REPORTS,
  rawMessage,
  WELCOME,
} from '../../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../../credentials/credential-source.ts';
import { postgresResourceSchema } from '../config.ts';
import { encodeAuthenticationSasl } from '../wire/backend/authentication.ts';
import { encodeBackendKeyData } from '../wire/backend/backend-key-data.ts';
import { encodeErrorResponse, encodeNoticeResponse } from '../wire/backend/error-response.ts';
import { encodeNegotiateProtocolVersion } from '../wire/backend/negotiate-protocol-version.ts';
import { encodeParameterStatus } from '../wire/backend/parameter-status.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { WireError } from '../wire/errors.ts';
import { decodePassword, decodeSaslInitialResponse, decodeSaslResponse } from '../wire/frontend/password.ts';
import { UpstreamError } from './errors.ts';
import { type Login, logIn } from './login.ts';
import type { LoginContext, Protection } from './login-context.ts';

const PASSWORD = 'canary-8c41d7';
const CERTIFICATE_STAND_IN = new Uint8Array([1]);
const SASL = encodeAuthenticationSasl(['SCRAM-SHA-256']);

interface Scene {
  readonly steps: readonly Step[];
  readonly config?: object;
  readonly protection?: Protection;
  readonly hasSecret?: boolean;
  readonly minor?: 0 | 2;
}

interface Ending {
  readonly login?: Login;
  readonly code?: string;
  readonly error?: Error;
  readonly sent: readonly Buffer[];
  readonly secretReads: number;
}

/** Plays the scene and tells how it ended. The password must not show in any error. */
async function play(scene: Scene): Promise<Ending> {
  const peer = createScriptedPeer(scene.steps);
  let secretReads = 0;
  const source = createCredentialSource(scene.hasSecret === false ? { none: true } : { env: 'PW' }, {
    env: { PW: PASSWORD },
  });
  const context: LoginContext = {
    resource: postgresResourceSchema.parse({
      host: 'db',
      database: 'shop',
      accounts: [{ name: 'app', credential: { none: true } }],
      ...scene.config,
    }),
    user: 'app',
    credential: {
      ...source,
      read(signal) {
        secretReads += 1;
        return source.read(signal);
      },
    },
    protection: scene.protection ?? { kind: 'tls', certificate: CERTIFICATE_STAND_IN },
    signal: new AbortController().signal,
  };
  const startup = { packet: Buffer.from('startup'), minor: scene.minor ?? 0 } as const;
  try {
    const login = await logIn(peer, startup, context);
    return { login, sent: peer.sent, secretReads };
  } catch (error) {
    if (!(error instanceof UpstreamError || error instanceof WireError)) throw error;
    if (inspect(error, { depth: 9 }).includes(PASSWORD)) throw new Error('the password is in the error');
    return { code: error.code, error, sent: peer.sent, secretReads };
  }
}

function scram(server = createScramServer(PASSWORD), after: readonly Buffer[] = WELCOME): Step[] {
  return [
    () => [SASL],
    (packet) => {
      const { data } = decodeSaslInitialResponse(packet, 0, packet.length);
      return [authentication(11, server.first(data?.toString() ?? ''))];
    },
    (packet) => {
      const { data } = decodeSaslResponse(packet, 0, packet.length);
      return [authentication(12, server.final(data.toString())), ...after];
    },
  ];
}

describe('scram', () => {
  test('a server and a gateway that both know the password agree', async () => {
    const { login, sent } = await play({ steps: scram() });
    expect(login).toMatchObject({ method: 'scram-sha-256', protocolMinor: 0 });
    expect(login?.ready.cancelKey).toEqual({ processId: 4711, secretKey: Buffer.from([1, 2, 3, 4]) });
    expect(login?.ready.parameters.get('client_encoding')).toBe('UTF8');
    expect(Buffer.concat(sent).includes(PASSWORD)).toBe(false);
  });

  const faults: [string, ScramFaults, string][] = [
    [
      'asks for 2^31 iterations (class 9, CVE-2026-42198)',
      { iterations: '2147483648' },
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['asks for one iteration', { iterations: '1' }, 'ERR_UPSTREAM_PROTOCOL'],
    ['answers with another nonce', { nonce: () => 'somebody-elses-nonce' }, 'ERR_UPSTREAM_PROTOCOL'],
    ['adds no nonce of its own', { nonce: (mine) => mine }, 'ERR_UPSTREAM_PROTOCOL'],
    ['sends a salt that is not base64', { salt: '!' }, 'ERR_UPSTREAM_PROTOCOL'],
    [
      'signs wrongly',
      { serverFinal: () => `v=${Buffer.alloc(32).toString('base64')}` },
      'ERR_UPSTREAM_AUTHENTICATION',
    ],
    ['signs nothing', { serverFinal: () => '' }, 'ERR_UPSTREAM_PROTOCOL'],
    ['refuses', { serverFinal: () => `e=${PASSWORD}` }, 'ERR_UPSTREAM_AUTHENTICATION'],
  ];
  test.each(faults)('a server that %s is refused', async (_, fault, code) => {
    expect((await play({ steps: scram(createScramServer(PASSWORD, fault)) })).code).toBe(code);
  });

  test('an impostor that does not know the password cannot sign', async () => {
    const impostor = createScramServer(PASSWORD);
    const steps = scram({
      first: (message) => impostor.first(message),
      final: () => `v=${Buffer.alloc(32, 7).toString('base64')}`,
    });
    expect((await play({ steps })).code).toBe('ERR_UPSTREAM_AUTHENTICATION');
  });

  test('AuthenticationOk without the server’s proof is refused, at every step', async () => {
    const honest = scram();
    for (const cut of [1, 2]) {
      const steps = [...honest.slice(0, cut), () => WELCOME];
      expect((await play({ steps })).code).toBe('ERR_UPSTREAM_PROTOCOL');
    }
  });

  test('a server that turns to cleartext in the middle gets nothing more', async () => {
    const config = { authMethods: ['scram-sha-256', 'password'] };
    for (const cut of [1, 2]) {
      const ending = await play({ config, steps: [...scram().slice(0, cut), () => [authentication(3)]] });
      expect([ending.code, ending.sent.length]).toEqual(['ERR_UPSTREAM_PROTOCOL', cut + 1]);
    }
  });

  test('a server that authenticates again after its Ok is refused', async () => {
    const again = [authentication(0), authentication(3)];
    const ending = await play({
      config: { authMethods: ['scram-sha-256', 'password'] },
      steps: scram(createScramServer(PASSWORD), again),
    });
    expect(ending.code).toBe('ERR_UPSTREAM_PROTOCOL');
  });

  test('a wrong password is the server’s 28P01, with its sqlstate and without the password', async () => {
    const refusal = encodeErrorResponse({ severity: 'FATAL', code: '28P01', message: `bad ${PASSWORD}\nx` });
    const ending = await play({ steps: [...scram().slice(0, 2), () => [refusal]] });
    expect(ending.error).toMatchObject({ code: 'ERR_UPSTREAM_AUTHENTICATION', sqlstate: '28P01' });
    expect(ending.error?.message).toBe('the server refused the connection: 28P01 bad [secret]?x');
  });
});

describe('the method is the operator’s choice: a weaker one is refused and the secret is not even read', () => {
  test.each<[string, Buffer, object]>([
    ['cleartext', authentication(3), {}],
    ['md5', authentication(5, 'salt'), {}],
    ['no password at all', authentication(0), {}],
    ['kerberos', authentication(2), {}],
    ['scm credentials', authentication(6), {}],
    ['gssapi', authentication(7), {}],
    ['sspi', authentication(9), {}],
    ['an unknown sasl mechanism', encodeAuthenticationSasl(['OAUTHBEARER']), {}],
    ['no sasl mechanism', encodeAuthenticationSasl([]), {}],
    ['scram without channel binding where binding is a must', SASL, { authMethods: ['scram-sha-256-plus'] }],
    [
      'channel binding that this certificate cannot have',
      encodeAuthenticationSasl(['SCRAM-SHA-256-PLUS']),
      {},
    ],
    ['scram where only md5 is allowed', SASL, { authMethods: ['md5'] }],
  ])('%s', async (_, request, config) => {
    const ending = await play({ config, steps: [() => [request, ...WELCOME]] });
    expect([ending.code, ending.sent.length, ending.secretReads]).toEqual(['ERR_UPSTREAM_METHOD', 1, 0]);
  });

  test('an unknown method is refused', async () => {
    const ending = await play({ steps: [() => [authentication(99)]] });
    expect([ending.code, ending.secretReads]).toEqual(['ERR_WIRE_VALUE', 0]);
  });

  test('md5 where it is allowed', async () => {
    const { login, sent } = await play({
      config: { authMethods: ['md5'] },
      steps: [() => [authentication(5, Buffer.from([1, 2, 3, 4]))], () => WELCOME],
    });
    const packet = sent[1] ?? Buffer.alloc(0);
    expect(decodePassword(packet, 0, packet.length).password).toBe('md5c6ddd88554d75a77d2db3d4bac3f9840');
    expect(login?.method).toBe('md5');
  });

  test('cleartext where it is allowed, inside verified TLS', async () => {
    const { login, sent } = await play({
      config: { authMethods: ['password'] },
      steps: [() => [authentication(3)], () => WELCOME],
    });
    const packet = sent[1] ?? Buffer.alloc(0);
    expect(decodePassword(packet, 0, packet.length).password).toBe(PASSWORD);
    expect(login?.method).toBe('password');
  });

  test('cleartext is never sent in plaintext, even where the config was made without its checks', async () => {
    const ending = await play({
      config: { authMethods: ['password'] },
      protection: { kind: 'plaintext' },
      steps: [() => [authentication(3)], () => WELCOME],
    });
    expect([ending.code, ending.secretReads]).toEqual(['ERR_UPSTREAM_METHOD', 0]);
  });

  test('P6: a server that sends the cleartext password back does not get it into an error or a notice', async () => {
    const config = { authMethods: ['password'] };
    const refusal = encodeErrorResponse({ severity: 'FATAL', code: '28P01', message: `no ${PASSWORD}` });
    const refused = await play({ config, steps: [() => [authentication(3)], () => [refusal]] });
    expect(refused.error?.message).toContain('no [secret]');
    const late = await play({
      config,
      steps: [() => [authentication(3)], () => [authentication(0), refusal]],
    });
    expect(late.error?.message).toContain('no [secret]');
    const notice = encodeNoticeResponse({
      severity: 'NOTICE',
      code: '00000',
      message: `hello ${PASSWORD}`,
      hint: PASSWORD,
    });
    const welcome = [authentication(0), notice, ...WELCOME.slice(1)];
    const { login } = await play({ config, steps: [() => [authentication(3)], () => welcome] });
    expect(login?.ready.notices).toHaveLength(1);
    expect(inspect(login?.ready, { depth: 9 })).not.toContain(PASSWORD);
  });

  test('a server that lets everybody in is accepted only where no secret is configured, or trust is listed', async () => {
    const steps = [() => WELCOME];
    expect((await play({ steps, hasSecret: false })).login?.method).toBe('trust');
    expect((await play({ steps, config: { authMethods: ['trust'] } })).login?.method).toBe('trust');
  });

  test('a server that wants a password the account does not have is an error of the configuration', async () => {
    const run = play({ steps: scram(), hasSecret: false });
    await expect(run).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_NONE' });
  });
});

describe('the protocol version', () => {
  const step = (...messages: Buffer[]): Step[] => [() => [...messages, ...WELCOME]];

  test('a server may step down from 3.2 to 3.0', async () => {
    const { login } = await play({
      minor: 2,
      hasSecret: false,
      steps: step(encodeNegotiateProtocolVersion(0, [])),
    });
    expect(login?.protocolMinor).toBe(0);
  });

  test('a server that speaks 3.2 may give a long cancel key', async () => {
    const welcome = WELCOME.with(4, encodeBackendKeyData(-1, Buffer.alloc(256, 9)));
    const { login } = await play({ minor: 2, hasSecret: false, steps: [() => welcome] });
    expect([login?.protocolMinor, login?.ready.cancelKey.secretKey.length]).toEqual([2, 256]);
  });

  test.each<[string, 0 | 2, Buffer[]]>([
    ['asks for 3.1, which does not exist', 2, [encodeNegotiateProtocolVersion(1, [])]],
    ['negotiates what was asked for', 2, [encodeNegotiateProtocolVersion(2, [])]],
    ['asks for a newer version', 2, [encodeNegotiateProtocolVersion(3, [])]],
    ['negotiates though 3.0 was asked for', 0, [encodeNegotiateProtocolVersion(0, [])]],
    ['refuses an option that was not sent', 2, [encodeNegotiateProtocolVersion(0, ['_pq_.x'])]],
    ['negotiates twice', 2, [encodeNegotiateProtocolVersion(0, []), encodeNegotiateProtocolVersion(0, [])]],
  ])('a server that %s is refused', async (_, minor, messages) => {
    const ending = await play({ minor, hasSecret: false, steps: step(...messages) });
    expect(ending.code).toBe('ERR_UPSTREAM_PROTOCOL');
  });
});

describe('a server is refused that', () => {
  const ok = authentication(0);
  const key = encodeBackendKeyData(1, Buffer.from([1, 2, 3, 4]));
  const ready = encodeReadyForQuery('I');
  const notice = encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: 'hello' });
  const repeat = (count: number, make: (index: number) => Buffer): Buffer[] =>
    Array.from({ length: count }, (_, index) => make(index));

  test.each<[string, readonly Buffer[], string]>([
    ['sends a notice before it authenticated anybody', [notice, ...WELCOME], 'ERR_UPSTREAM_PROTOCOL'],
    ['is ready before it authenticated anybody', [ready], 'ERR_UPSTREAM_PROTOCOL'],
    ['gives no cancel key', [ok, ...PINNED_REPORTS, ready], 'ERR_UPSTREAM_PROTOCOL'],
    ['gives two cancel keys', [ok, key, key, ready], 'ERR_UPSTREAM_PROTOCOL'],
    [
      'gives a long cancel key in 3.0',
      [ok, encodeBackendKeyData(1, Buffer.alloc(32)), ready],
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['gives a short cancel key', [ok, rawMessage('K', Buffer.alloc(6)), ready], 'ERR_WIRE_LENGTH'],
    ['begins inside a transaction', [ok, key, encodeReadyForQuery('T')], 'ERR_UPSTREAM_PROTOCOL'],
    [
      'sends rows before it is ready',
      [ok, rawMessage('D', Buffer.from([0, 0])), key, ready],
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['sends a message type that does not exist', [ok, rawMessage('?'), key, ready], 'ERR_UPSTREAM_PROTOCOL'],
    [
      'reports parameters without end',
      [ok, ...repeat(65, (index) => encodeParameterStatus(`p${index}`, 'x'))],
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['sends notices without end', [ok, ...repeat(33, () => notice)], 'ERR_UPSTREAM_PROTOCOL'],
    ['sends a malformed report', [rawMessage('E', 'Mno end')], 'ERR_WIRE_UNTERMINATED'],
    ['refuses without sqlstate (CVE-2026-6666)', [rawMessage('E', 'Mno\0\0')], 'ERR_UPSTREAM_REFUSED'],
    ['refuses with nothing at all', [rawMessage('E', '\0')], 'ERR_UPSTREAM_REFUSED'],
  ])('%s', async (_, messages, code) => {
    expect((await play({ hasSecret: false, steps: [() => messages] })).code).toBe(code);
  });

  test.each([
    ['3D000', 'ERR_UPSTREAM_DATABASE', false],
    ['42501', 'ERR_UPSTREAM_DATABASE', false],
    ['53300', 'ERR_UPSTREAM_BUSY', true],
    ['57P03', 'ERR_UPSTREAM_BUSY', true],
    ['28000', 'ERR_UPSTREAM_AUTHENTICATION', false],
    ['XX000', 'ERR_UPSTREAM_REFUSED', false],
    ['oops!', 'ERR_UPSTREAM_REFUSED', false],
  ])('refuses with sqlstate %s, which means %s', async (sqlstate, code, retryable) => {
    const secretHost = 'host db-7.internal user app';
    const refusal = rawMessage('E', `SFATAL\0C${sqlstate}\0M${secretHost}\0\0`);
    const ending = await play({ steps: [() => [refusal]] });
    expect(ending.error).toMatchObject({ code, retryable, source: 'upstream' });
    expect(ending.error?.message).toContain(secretHost);
    const told = ending.error instanceof UpstreamError ? ending.error.publicMessage : '';
    expect(told).not.toMatch(/db-7|app\b/);
  });
});
