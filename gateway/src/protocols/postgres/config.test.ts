import { describe, expect, test } from 'vitest';
import { postgresResourceSchema } from './config.ts';
import { isDatabaseAllowed } from './database-names.ts';
import { isLoopbackAddress, isLoopbackName } from './transport-security.ts';

const account = { name: 'app', credential: { env: 'PW' } };
const smallest = { host: 'db.internal', database: 'shop', accounts: [account] };

function issuesOf(config: object): readonly string[] {
  const result = postgresResourceSchema.safeParse({ ...smallest, ...config });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

test('the smallest config gets the safe defaults', () => {
  expect(postgresResourceSchema.parse(smallest)).toEqual({
    host: 'db.internal',
    port: 5432,
    database: 'shop',
    accounts: [{ ...account, allowSuperuser: false }],
    tls: { mode: 'verify-full' },
    allowPlaintext: false,
    authMethods: ['scram-sha-256-plus', 'scram-sha-256'],
    connectTimeoutMs: 10_000,
    minScramIterations: 4096,
    maxScramIterations: 100_000,
    searchPath: ['public'],
  });
});

describe('a config is refused', () => {
  test.each<[string, object, string]>([
    ['with an unknown key', { sslmode: 'disable' }, ''],
    ['with a host that is a URL', { host: 'postgres://db' }, 'host'],
    ['with a host that is a socket folder', { host: '/var/run/postgresql' }, 'host'],
    ['with an empty host', { host: '' }, 'host'],
    ['with a port out of range', { port: 65_536 }, 'port'],
    ['without accounts', { accounts: [] }, 'accounts'],
    [
      'with a password in the file',
      { accounts: [{ name: 'a', credential: 'secret' }] },
      'accounts.0.credential',
    ],
    [
      'with two accounts of a name',
      { accounts: [account, account], defaultAccount: 'app' },
      'accounts.1.name',
    ],
    [
      'with several accounts and no default',
      { accounts: [account, { ...account, name: 'b' }] },
      'defaultAccount',
    ],
    ['with a default account that does not exist', { defaultAccount: 'root' }, 'defaultAccount'],
    [
      'with a login name PostgreSQL would cut',
      { accounts: [{ ...account, user: 'u'.repeat(64) }] },
      'accounts.0.user',
    ],
    ['with a database name with NUL', { database: 'a\0b' }, 'database'],
    ['with a default database that may not be named', { databases: ['other'] }, 'databases'],
    ['with plaintext to another machine', { tls: { mode: 'disable' } }, 'tls.mode'],
    ['with verify-ca and public CAs', { tls: { mode: 'verify-ca' } }, 'tls.ca'],
    [
      'with cleartext outside verified TLS',
      { authMethods: ['password'], tls: { mode: 'require' } },
      'authMethods',
    ],
    [
      'with a client certificate and no TLS',
      {
        host: 'localhost',
        tls: { mode: 'disable' },
        accounts: [{ ...account, clientCertificate: { cert: 'a', key: 'b' } }],
      },
      'accounts.0.clientCertificate',
    ],
    ['with an unknown authentication method', { authMethods: ['gss'] }, 'authMethods.0'],
    ['with no authentication method', { authMethods: [] }, 'authMethods'],
    ['with a floor over the cap', { minScramIterations: 200_000 }, 'minScramIterations'],
    ['without time limit', { connectTimeoutMs: 0 }, 'connectTimeoutMs'],
    ['with an empty search path', { searchPath: [] }, 'searchPath'],
  ])('%s', (_, config, path) => {
    expect(issuesOf(config)).toContain(path);
  });
});

test('plaintext is allowed to this machine, and elsewhere only where the operator insists', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1']) {
    expect(issuesOf({ host, tls: { mode: 'disable' } })).toEqual([]);
  }
  expect(issuesOf({ tls: { mode: 'disable' }, allowPlaintext: true })).toEqual([]);
});

test('names and addresses that only look like this machine are not', () => {
  for (const host of [
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0177.0.0.1',
    '127.1',
    '127.0.0.256',
    '127.0.0.01',
    '128.0.0.1',
    '2130706433',
  ]) {
    expect([host, isLoopbackName(host)]).toEqual([host, false]);
  }
  for (const address of ['::ffff:10.0.0.1', '::2', '', '10.127.0.1', 'fe80::1']) {
    expect([address, isLoopbackAddress(address)]).toEqual([address, false]);
  }
  expect(isLoopbackAddress('::ffff:127.0.0.1')).toBe(true);
});

describe('databases', () => {
  const allowed = (databases: readonly string[] | undefined, name: string): boolean =>
    isDatabaseAllowed({ database: 'shop', ...(databases === undefined ? {} : { databases }) }, name);

  test('without a list only the default database may be named, and globs mean nothing in it', () => {
    expect([allowed(undefined, 'shop'), allowed(undefined, 'shops'), allowed(undefined, '')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isDatabaseAllowed({ database: '*' }, 'postgres')).toBe(false);
  });

  test.each([
    ['shop_*', 'shop_eu', true],
    ['shop_*', 'shop_', true],
    ['shop_*', 'shop', false],
    ['*_ro', 'a_ro_ro', true],
    ['*_ro', 'a_rox', false],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'acb', false],
    ['*', 'anything', true],
    ['a.c', 'abc', false],
    ['Shop', 'shop', false],
    ['**a', 'bba', true],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(allowed([pattern], name)).toBe(expected);
  });

  test('a name that PostgreSQL would cut to another one is refused, whatever the pattern', () => {
    expect(allowed(['*'], 'x'.repeat(63))).toBe(true);
    expect(allowed(['*'], 'x'.repeat(64))).toBe(false);
    expect(allowed(['*'], 'é'.repeat(32))).toBe(false);
    expect(allowed(['*'], 'shop\0evil')).toBe(false);
  });

  test('P10: a pattern made to backtrack stays cheap', () => {
    expect(allowed(['a*'.repeat(30) + 'b'], 'a'.repeat(63))).toBe(false);
  });
});
