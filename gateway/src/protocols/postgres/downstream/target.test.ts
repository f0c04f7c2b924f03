import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCredentialId, newCredentialSecret } from '../../../credentials/session/credential-text.ts';
import { postgresResourceSchema } from '../config.ts';
import type { StartupMessage } from '../wire/startup.ts';
import { credentialForm } from './credential-form.ts';
import { refuseMisplacedToken, withoutTokens } from './misplaced-token.ts';
import { readTarget, splitUser } from './target.ts';

const ID = 'cred_0123456789abcdef';

function startup(parameters: Readonly<Record<string, string>>): StartupMessage {
  return { kind: 'startup', major: 3, minor: 0, parameters: new Map(Object.entries(parameters)) };
}

describe('the user name of a connection', () => {
  it('names an account, and behind the last plus a credential', () => {
    expect(splitUser(`app+${ID}`)).toEqual({ account: 'app', credential: ID });
    expect(splitUser(`a+b+${ID}`)).toEqual({ account: 'a+b', credential: ID });
    expect(splitUser(`+${ID}`)).toEqual({ account: '', credential: ID });
  });

  it.each([
    'app',
    'a+b',
    'app+',
    'app+cred_',
    `app+${ID}0`,
    `app+${ID} `,
    `app+${ID.toUpperCase()}`,
    ID,
    `app ${ID}`,
  ])('P11: %j is an account as it stands', (user) => {
    expect(splitUser(user)).toEqual({ account: user, credential: undefined });
  });

  it('is split so for every account and every id', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (account) => {
        const id = newCredentialId();
        expect(splitUser(`${account}+${id}`)).toEqual({ account, credential: id });
      }),
    );
  });

  it('is not the name of the resource where a client repeats it as database', () => {
    const user = `shop+${ID}`;
    for (const parameters of [{ user }, { user, database: user }]) {
      expect(readTarget(startup(parameters))).toMatchObject({
        resource: 'shop',
        account: 'shop',
        credential: ID,
      });
    }
    expect(readTarget(startup({ user, database: 'shop/reports' }))).toEqual({
      resource: 'shop',
      database: 'reports',
      account: 'shop',
      credential: ID,
    });
  });

  it('P11: cannot be that of an account in the config', () => {
    const account = { name: `app+${ID}`, credential: { none: true } };
    const found = postgresResourceSchema.safeParse({ host: 'db', database: 'd', accounts: [account] });
    expect(found.error?.issues[0]?.message).toBe('looks like the login by a session credential');
  });
});

describe('the login that clients are given', () => {
  const login = {
    id: ID,
    secret: 'slp_x',
    account: 'a+b@c',
    resource: 'shop',
    port: 6432,
    caFile: '/a b/ca&.pem',
  };

  it('is a URL that means the same to everybody, whatever the names in it', () => {
    const { user, url } = credentialForm.login({ ...login, host: '::1', database: 'r/s?' });
    expect(user).toBe(`a+b@c+${ID}`);
    const parsed = new URL(url);
    expect(decodeURIComponent(parsed.username)).toBe(user);
    expect(parsed).toMatchObject({ password: 'slp_x', host: '[::1]:6432', pathname: '/shop/r%2Fs%3F' });
    expect(parsed.searchParams.get('sslrootcert')).toBe('/a b/ca&.pem');
    expect(parsed.searchParams.get('sslmode')).toBe('verify-full');
  });
});

describe('P6: a secret in the wrong place', () => {
  it('is blotted out wherever it stands, and refused', () => {
    const secret = newCredentialSecret().reveal();
    expect(withoutTokens(`app+${secret}, ${secret}`)).toBe('app+[secret], [secret]');
    for (const parameters of [{ user: secret }, { user: 'app', database: `x${secret}` }, { [secret]: 'x' }]) {
      expect(() => refuseMisplacedToken(startup(parameters))).toThrow(
        expect.objectContaining({ code: 'ERR_POSTGRES_MISPLACED_TOKEN' }),
      );
    }
    expect(() => refuseMisplacedToken(startup({ user: `app+${ID}` }))).not.toThrow();
  });
});
