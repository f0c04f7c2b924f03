/** SSH's part of `sallyport doctor`: whether a machine lets the gateway in, and whether it can be reached past the gateway. */
import { connect } from 'node:net';
import type { CheckResult, Reach } from '../../../model/check-result.ts';
import type { ProtocolDoctor } from '../../protocol.ts';
import type { SshResourceConfig } from '../config.ts';
import { CIPHERS_BY } from '../transport/algorithms.ts';
import { dial } from './dial.ts';
import { secretSource } from './secret-source.ts';

const PROBE_MS = 3_000;
const DEFAULT_PORT = 22;

/** Examines resources of SSH. */
export const sshDoctor: ProtocolDoctor<SshResourceConfig> = {
  scheme: 'ssh:',
  host: ({ host }) => host,
  async examine({ resource, config }, { clock, signal }) {
    const check = `resource ${resource.name}`;
    const results: CheckResult[] = [];
    const from = new Set<string>();
    for (const account of config.accounts) {
      try {
        const connection = await dial({ config, account, secret: secretSource(account, { clock }), signal });
        if (connection.localAddress !== undefined) from.add(connection.localAddress);
        connection.end();
        const message = `the machine lets account ${account.name} in; ciphers are run by ${CIPHERS_BY}`;
        results.push({ check, level: 'ok', message });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const remedy =
          'see that the machine runs sshd, and that its `hostKeys` or `knownHosts`, and the secret of the account, are right';
        results.push({ check, level: 'fail', message: `account ${account.name}: ${message}`, remedy });
      }
    }
    return { results, gatewayAddresses: [...from] };
  },
  directTargets({ port }, host) {
    return [`ssh://${host.includes(':') ? `[${host}]` : host}:${port}/`];
  },
  probe: (target) =>
    probe(
      target.hostname.replace(/^\[(.*)\]$/, '$1'),
      Number(target.port === '' ? DEFAULT_PORT : target.port),
    ),
  closingLines({ port }, gateway) {
    return [
      {
        place: 'sshd_config of the machine',
        note: 'only the gateway logs in; keep a way in for yourself',
        lines: gateway.map((address) => `AllowUsers *@${address}`),
      },
      {
        place: 'nftables of the machine',
        note: 'only the gateway reaches its sshd',
        lines: [
          ...gateway.map((address) => {
            const family = address.includes(':') ? 'ip6' : 'ip';
            return `add rule inet filter input tcp dport ${port} ${family} saddr ${address} accept`;
          }),
          `add rule inet filter input tcp dport ${port} drop`,
        ],
      },
    ];
  },
};

/** A machine that takes connections is open: who has a key gets in. */
function probe(host: string, port: number): Promise<Reach> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (verdict: Reach['verdict'], detail: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ verdict, detail });
    };
    const timer = setTimeout(() => settle('filtered', `no answer in ${PROBE_MS} ms`), PROBE_MS);
    socket.once('connect', () => settle('open', 'it takes connections'));
    socket.once('error', (error: Error & { readonly code?: unknown }) => {
      const code = String(error.code);
      if (code === 'ECONNREFUSED') settle('closed', code);
      else if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') settle('unresolved', code);
      else settle('filtered', code);
    });
  });
}
