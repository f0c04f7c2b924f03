/** A real gateway in this process, in front of a real xrdp, with a real issuer. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type GatewayOptions, type StartedGateway, startRunningGateway } from './running-gateway.ts';
import type { TestXrdp } from './xrdp.ts';

type Keys = Readonly<Record<string, unknown>>;

/** Lets group `agents` see desktops and work on them. */
export const WHOLE_DESKTOP = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: desktop, effect: allow, on: rdp, match: { groups: [agents], operations: [VIEW, CONTROL] } }
`;

/** Options of {@link startRdpGateway}; the default policy is {@link WHOLE_DESKTOP}. */
export interface RdpGatewayOptions extends GatewayOptions {
  readonly target: Pick<TestXrdp, 'host' | 'port' | 'user' | 'password' | 'certificateFile'>;
  /** Keys of the one account of the resource. */
  readonly account?: Keys;
  /** Keys of resources beside `desk`, where they differ from it. */
  readonly moreResources?: readonly Keys[];
}

/** Starts everything but xrdp; `await using` stops it. The resource is `desk`, its account `svc`; clients log in inside of TLS, at the second listener by NLA. */
export async function startRdpGateway(options: RdpGatewayOptions): Promise<StartedGateway> {
  const { host, port, user, password, certificateFile } = options.target;
  return startRunningGateway(options, {
    policy: WHOLE_DESKTOP,
    listener: { protocol: 'rdp', security: 'tls' },
    listeners: [{ protocol: 'rdp', listen: '127.0.0.1:0' }],
    resources: (folder) => {
      const file = path.join(folder, 'desk-password');
      writeFileSync(file, password, { mode: 0o600 });
      const accounts = [{ name: 'svc', user, password: { file }, ...options.account }];
      const tls = { ca: certificateFile, serverName: 'localhost' };
      const desk = { name: 'desk', protocol: 'rdp', host, port, security: 'tls', tls, accounts };
      const all = [options.resource, ...(options.moreResources ?? [])];
      return all.map((keys) => ({ ...desk, ...keys }));
    },
  });
}
