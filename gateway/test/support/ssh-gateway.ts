/** A real gateway in this process, in front of a real sshd, with a real issuer. */
import { type GatewayOptions, type StartedGateway, startRunningGateway } from './running-gateway.ts';
import type { TestSshd } from './sshd.ts';

type Keys = Readonly<Record<string, unknown>>;

/** Lets group `agents` open sessions and run a few programs. */
export const SOME_COMMANDS = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: harmless
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['echo **', 'cat **', 'true', 'false', 'sleep *', 'seq **', 'head **', 'wc **', 'id', 'env', 'printf **', 'wait'] }
`;

/** Options of {@link startSshGateway}; the default policy is {@link SOME_COMMANDS}. */
export interface SshGatewayOptions extends GatewayOptions {
  readonly sshd: Pick<TestSshd, 'host' | 'port' | 'user' | 'keyFile' | 'fingerprint'>;
  /** Keys of the one account of the resource. */
  readonly account?: Keys;
  /** Listeners and resources beside those of SSH. */
  readonly more?: { readonly listeners: readonly Keys[]; readonly resources: readonly Keys[] };
}

/** A gateway and what it stands on. */
export type SshGateway = StartedGateway;

/** Starts everything but sshd; `await using` stops it. The resource is `box`, its account `deploy`. */
export async function startSshGateway(options: SshGatewayOptions): Promise<SshGateway> {
  const { host, port, user, keyFile, fingerprint } = options.sshd;
  const accounts = [{ name: 'deploy', user, key: { file: keyFile }, ...options.account }];
  const box = { name: 'box', protocol: 'ssh', host, port, hostKeys: [fingerprint], accounts };
  return startRunningGateway(options, {
    policy: SOME_COMMANDS,
    listener: { protocol: 'ssh' },
    resources: () => [{ ...box, ...options.resource }, ...(options.more?.resources ?? [])],
    listeners: options.more?.listeners ?? [],
  });
}
