/** The way in: settings, accounts and databases of the startup packet, forged tokens, bytes ahead of their time. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTerminate } from '../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeSslRequest, encodeStartup } from '../../src/protocols/postgres/wire/startup.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { Fortress } from './fortress.ts';
import { RESTRICTIVE } from './fortress-policy.ts';
import { query } from './messages.ts';

let fortress: Fortress;

beforeAll(async () => {
  fortress = await Fortress.start(RESTRICTIVE);
});

afterAll(async () => {
  await fortress[Symbol.asyncDispose]();
});

const STARTUP: readonly Readonly<Record<string, string>>[] = [
  { role: 'postgres' },
  { ROLE: 'postgres' },
  { session_authorization: 'postgres' },
  { search_path: 'secret' },
  { Search_Path: 'secret' },
  { default_transaction_read_only: 'off' },
  { transaction_read_only: 'off' },
  { client_encoding: 'SJIS' },
  { CLIENT_ENCODING: 'LATIN1' },
  { standard_conforming_strings: 'off' },
  { session_preload_libraries: 'x' },
  { local_preload_libraries: 'x' },
  { log_statement: 'none' },
  { row_security: 'off' },
  { session_replication_role: 'replica' },
  { 'app.tenant': '2' },
  { replication: 'true' },
  { replication: 'database' },
  { options: '-c role=postgres' },
  { options: '-crole=postgres' },
  { options: '--role=postgres' },
  { options: '--session-authorization=postgres' },
  { options: '-c search_path=secret' },
  { options: '--search-path=secret' },
  { options: '-c\\ search_path=secret' },
  { options: '-c standard_conforming_strings=off' },
  { options: '-c client_encoding=LATIN1' },
  { options: '-c statement_timeout=1 -c search_path=secret' },
  { options: '-c "search_path"=secret' },
  { options: '-d 5' },
  { options: '-O' },
  { options: '-P' },
  { options: '-f s' },
];

describe('the startup packet', () => {
  for (const parameters of STARTUP) {
    it(`P11: ${JSON.stringify(parameters)} does not open a session with it`, async () => {
      const witness = await fortress.watch();
      await using client = await fortress.connect({ parameters });
      expect(client.greeting.closed).toBe(true);
      expect(client.greeting.errors[0]?.severity).toBe('FATAL');
      expect(client.greeting.messages).not.toContain('ReadyForQuery');
      expect(witness.serverLog()).not.toMatch(/statement:/);
    });
  }

  const elsewhere = [
    { user: 'postgres' },
    { user: 'auditor' },
    { user: 'APP' },
    { user: 'app"' },
    { user: "app' OR true" },
    { user: 'app@shop' },
    { user: '' },
    { database: 'postgres' },
    { database: 'shop/template1' },
    { database: 'shop/postgres; DROP' },
    { database: 'SHOP' },
    { database: 'warehouse' },
    { database: 'shop/../other' },
  ];
  for (const target of elsewhere) {
    it(`incident 22: ${JSON.stringify(target)} opens nothing`, async () => {
      await using client = await fortress.connect(target);
      expect(client.greeting.closed).toBe(true);
      expect(client.greeting.errors[0]?.severity).toBe('FATAL');
    });
  }

  it('P11: names in application_name are hints, behind the session id that the gateway puts there', async () => {
    const spoofed = 'sallyport/ses_0000000000000000';
    await using client = await fortress.connect({ parameters: { application_name: spoofed } });
    const names = async (): Promise<string> => {
      const rows = await fortress.admin(
        "SELECT application_name FROM pg_stat_activity WHERE usename = 'app'",
      );
      return rows.map((row) => String(row['application_name'])).join('\n');
    };
    expect(await names()).toMatch(/^sallyport\/ses_(?!0{16})[0-9a-f]{16}/);
    for (const text of [
      `SET application_name = '${spoofed}'`,
      'SET LOCAL application_name TO DEFAULT',
      'RESET application_name',
    ]) {
      await client.ask(query(text));
      expect(await names(), text).toMatch(/^sallyport\/ses_(?!0{16})[0-9a-f]{16}/);
    }
  });
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('vulnerability class 16: the token', () => {
  it('P11: forged in any of the known ways opens nothing', async () => {
    const { issuer } = fortress.gateway;
    const good = await issuer.token();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const flipped = `${signature.slice(0, 20)}${signature[20] === 'A' ? 'B' : 'A'}${signature.slice(21)}`;
    const forged: Readonly<Record<string, string>> = {
      'no token': '',
      'not a token': 'secret',
      'alg none': `${part({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      'alg None': `${part({ alg: 'None', typ: 'at+jwt' })}.${payload}.${signature}`,
      'alg HS256': `${part({ alg: 'HS256', kid: 'test', typ: 'at+jwt' })}.${payload}.${signature}`,
      'a flipped bit': `${header}.${payload}.${flipped}`,
      'another payload': `${header}.${part({ iss: issuer.url, sub: 'root', groups: ['agents'] })}.${signature}`,
      'kid traversal': `${part({ alg: 'RS256', kid: '../../etc/passwd', typ: 'at+jwt' })}.${payload}.${signature}`,
      'a key of its own': `${part({ alg: 'RS256', jku: 'http://127.0.0.1:1/', typ: 'at+jwt' })}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'two dots too many': `${good}..`,
      'bytes behind it': `${good} `,
      expired: await issuer.token({ expiresIn: -3600 }),
      'for another audience': await issuer.token({ audience: 'another' }),
      'without groups': await issuer.token({ groups: [] }),
      'of another group': await issuer.token({ groups: ['agents-admin', 'agent'] }),
      'a megabyte': `${header}.${'A'.repeat(1_000_000)}.${signature}`,
    };
    for (const [name, token] of Object.entries(forged)) {
      await using client = await fortress.connect({ token });
      expect(client.greeting.closed, name).toBe(true);
      expect(client.greeting.messages, name).not.toContain('ReadyForQuery');
    }
    await using client = await fortress.connect({ token: good });
    expect(await fortress.isAlive(client)).toBe(true);
  });
});

describe('bytes ahead of their time', () => {
  async function answerTo(...packets: readonly Uint8Array[]): Promise<string> {
    const socket = connect(fortress.gateway.port, fortress.gateway.host);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('error', () => undefined);
    socket.write(Buffer.concat(packets));
    await once(socket, 'close');
    return Buffer.concat(received).toString('latin1');
  }

  const startup = encodeStartup({
    parameters: [
      ['user', 'app'],
      ['database', 'shop'],
    ],
  });

  it('P11: plaintext behind an SSLRequest is not taken into the session (CVE-2021-23222)', async () => {
    const answer = await answerTo(encodeSslRequest(), startup, query('DROP TABLE companies'));
    expect(answer).not.toContain('R\0\0\0\x08');
  });

  it('P2: a client that leaves right behind its SSLRequest gets the answer of a server, and no error in plaintext', async () => {
    expect(await answerTo(encodeSslRequest(), encodeTerminate())).toBe('S');
  });

  it('P2: a client that leaves before it asks for anything, or speaks another protocol, gets no answer', async () => {
    expect(await answerTo(encodeTerminate(), encodeSslRequest())).toBe('');
    expect(await answerTo(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe('');
  });

  it('P11: a startup packet without TLS is refused before a password is asked for', async () => {
    const answer = await answerTo(startup);
    expect(answer).toContain('28000');
    expect(answer).not.toContain('R\0\0\0\x08\0\0\0\x03');
  });

  it('P11: a statement behind or instead of the password runs nothing', async () => {
    const witness = await fortress.watch();
    const login = await rawLogin(fortress.gateway);
    const { token: _token, ...withoutToken } = login;
    await using instead = await RawClient.connect({ ...withoutToken, stopAt: 'authentication' });
    const refused = await instead.ask(query('DROP TABLE companies'));
    expect(refused.closed).toBe(true);
    expect(refused.errors[0]?.severity).toBe('FATAL');
    expect(await witness.isUnchanged()).toBe(true);
  });
});
