/** The gateway's config file, written for people: it is the first one a newcomer reads. */
import { CONSOLE_CLIENT } from '../identity/configuration.ts';
import type { RunningIdentityProvider } from '../identity/provider.ts';
import type { Folders } from './folders.ts';
import type { MachineResource } from './machine-resource.ts';
import type { ServiceResource } from './service-resource.ts';
import type { ShopResource } from './shop-resource.ts';

/** What the gateway stands before. */
export interface Resources {
  readonly shop: ShopResource;
  readonly service: ServiceResource;
  readonly host: MachineResource;
}

/** The text of `sallyport.yaml`. */
export function gatewayConfig(
  folders: Folders,
  { shop, service, host }: Resources,
  identity: RunningIdentityProvider,
): string {
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

# For programs, and for people: the console is at /console/, and people sign in to it at the issuer above.
api:
  listen: 127.0.0.1:0
  console:
    login: { clientId: ${CONSOLE_CLIENT}, scopes: [openid, profile] }

# Where agents connect. Port 0 is any free one.
listeners:
  - protocol: postgres
    listen: 127.0.0.1:0
  - protocol: http
    listen: 127.0.0.1:0
  - protocol: ssh
    listen: 127.0.0.1:0
    hostKey: ${quote(folders.hostKey)}

# What is behind the gateway. Agents never learn these passwords and credentials.
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
${accountsOf(shop)}
${serviceAndMachine({ service, host })}`;
}

function serviceAndMachine({ service, host }: Pick<Resources, 'service' | 'host'>): string {
  return `  # Agents reach it by the name of the resource: https://localhost:PORT/shop-api/customers/7 is /customers/7 there.
  - name: shop-api
    protocol: http
    labels: { env: demo }
    url: ${quote(service.api.url)}
    credential: { bearer: { file: ${quote(service.credentialFile)} } }
    graphql: [/graphql]
  # ssh -p PORT ${host.user}+shop-host@127.0.0.1, with a token or a session credential as the password.
  - name: shop-host
    protocol: ssh
    labels: { env: demo }
    host: ${quote(host.machine.host)}
    port: ${host.machine.port}
    hostKeys: [${quote(host.fingerprint)}]
    accounts:
      - name: ${host.user}
        key: { file: ${quote(host.keyFile)} }
        home: ${quote(host.home)}
`;
}

function accountsOf({ accounts }: ShopResource): string {
  const lines = accounts.map(
    ({ name, passwordFile }) => `      - name: ${name}
        credential: { file: ${quote(passwordFile)} }`,
  );
  return lines.join('\n');
}

/** Double-quoted YAML takes every escape of JSON. */
function quote(text: string): string {
  return JSON.stringify(text);
}
