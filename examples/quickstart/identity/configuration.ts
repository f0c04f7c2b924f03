/** The settings of the embedded OpenID provider: JWT access tokens for the gateway, nothing it does not need. */
import { generateKeyPair, type JsonWebKey, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Adapter, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { delegate, findAccount, tokenClaims } from './claims.ts';
import type { Directory } from './directory.ts';

/** The resource indicator and `aud` of every access token: the gateway. */
export const AUDIENCE = 'urn:sallyport:gateway';
/** The client id of the console, a public client with PKCE. */
export const CONSOLE_CLIENT = 'console';

const DEFAULT_LIFETIME_SECONDS = 3_600;
const MAX_LIFETIME_SECONDS = 86_400;

const FEATURES: Configuration['features'] = {
  clientCredentials: { enabled: true },
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  resourceIndicators: {
    enabled: true,
    defaultResource: () => AUDIENCE,
    useGrantedResource: () => true,
    getResourceServerInfo: () => ({
      scope: 'openid profile',
      audience: AUDIENCE,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    }),
  },
};

/** A fresh RS256 key: the cheapest to verify of the algorithms everybody supports. */
async function signingKey(): Promise<JsonWebKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    ...privateKey.export({ format: 'jwk' }),
    alg: 'RS256',
    use: 'sig',
    kid: randomBytes(8).toString('hex'),
  };
}

/** Builds the configuration for `directory`; what it has to keep goes to `storage`. */
export async function createConfiguration(
  directory: Directory,
  storage: (model: string) => Adapter,
): Promise<Configuration> {
  return {
    adapter: storage,
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: directory.machines.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    responseTypes: ['code'],
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'groups'] },
    features: FEATURES,
    ttl: {
      ClientCredentials: (ctx) => lifetimeSeconds(ctx),
      AccessToken: DEFAULT_LIFETIME_SECONDS,
      AuthorizationCode: 60,
      IdToken: DEFAULT_LIFETIME_SECONDS,
      Interaction: 900,
      Session: 8 * 3600,
      Grant: 8 * 3600,
    },
    interactions: { url: (_ctx, interaction) => `/login/${interaction.uid}` },
    extraTokenClaims: (ctx, token) => tokenClaims(directory, ctx, token),
    formats: { customizers: { jwt: (_ctx, token, jwt) => delegate(directory, token, jwt) } },
    findAccount: (_ctx, login) => findAccount(directory, login),
    loadExistingGrant: consentByItself,
  };
}

/** The console is ours: signing in is consent enough. */
async function consentByItself(
  ctx: KoaContextWithOIDC,
): Promise<Awaited<ReturnType<NonNullable<Configuration['loadExistingGrant']>>>> {
  const { client, session, provider, result } = ctx.oidc;
  const { clientId } = client ?? {};
  const { accountId } = session ?? {};
  if (clientId === undefined || accountId === undefined) return undefined;
  const grantId = result?.consent?.grantId ?? session?.grantIdFor(clientId);
  if (grantId !== undefined) return provider.Grant.find(grantId);
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid profile');
  grant.addResourceScope(AUDIENCE, 'openid profile');
  await grant.save();
  return grant;
}

/** The console as the provider knows it; `redirectUris` are where it may be. */
export function consoleClient(
  redirectUris: readonly string[],
): NonNullable<Configuration['clients']>[number] {
  return {
    client_id: CONSOLE_CLIENT,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [...redirectUris],
  };
}

function lifetimeSeconds(ctx: KoaContextWithOIDC): number {
  const asked = Number(ctx.oidc.body?.['lifetime']);
  return Number.isInteger(asked) && asked > 0
    ? Math.min(asked, MAX_LIFETIME_SECONDS)
    : DEFAULT_LIFETIME_SECONDS;
}
