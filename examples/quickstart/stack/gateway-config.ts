/** The gateway's config file, written for people: it is the first one a newcomer reads. */
import type { RunningIdentityProvider } from '../identity/provider.ts';
import type { Folders } from './folders.ts';
import type { ShopResource } from './shop-resource.ts';

/** The text of `sallyport.yaml`. */
export function gatewayConfig(
  folders: Folders,
  shop: ShopResource,
  identity: RunningIdentityProvider,
): string {
  const accounts = shop.accounts.map(
    ({ name, passwordFile }) => `      - name: ${name}
        credential: { file: ${quote(passwordFile)} }`,
  );
  return `# Written by the quick start at each start: changes are lost. Copy it to begin a config of your own.

# Audit trail, certificates and state. One gateway at a time.
dataDir: ${quote(folders.gatewayData)}

# Whose tokens count. Keys come by OpenID discovery.
identity:
  issuers:
    - issuer: ${quote(identity.issuer)}
      audience: [${quote(identity.audience)}]

# What is allowed, as files: begin reading there.
policy:
  folder: ${quote(folders.policy)}

# Nothing is forwarded before its record is on disk.
audit:
  durability: synced

api:
  listen: 127.0.0.1:0

# Where agents connect. Port 0 is any free one.
listeners:
  - protocol: postgres
    listen: 127.0.0.1:0

# What is behind the gateway. Agents never learn these passwords.
resources:
  - name: shop
    protocol: postgres
    labels: { env: demo }
    host: ${quote(shop.server.host)}
    port: ${shop.server.port}
    database: ${shop.database}
    tls: { mode: verify-full, ca: ${quote(shop.caFile)} }
    defaultAccount: app_ro
    accounts:
${accounts.join('\n')}
`;
}

/** Double-quoted YAML takes every escape of JSON. */
function quote(text: string): string {
  return JSON.stringify(text);
}
