/** SSH's part of `sallyport doctor`: whether a machine lets the gateway in, and whether it can be reached past the gateway. */
import { onlyFrom } from '../../../addresses/firewall.ts';
import type { CheckResult } from '../../../model/check-result.ts';
import type { ConfiguredResource, ProtocolDoctor } from '../../protocol.ts';
import { openAuthority } from '../authorities.ts';
import type { SshResourceConfig } from '../config.ts';
import { GatewayHostKeys } from '../host-keys.ts';
import type { SshListenerConfig } from '../listener-config.ts';
import { CIPHERS_BY } from '../transport/algorithms.ts';
import { dial } from './dial.ts';
import { secretSource } from './secret-source.ts';
import { certifySession } from './session-certificate.ts';
import { type WayServices, wayTo } from './way.ts';

const ignore = (): void => undefined;

/** Examines resources of SSH. */
export const sshDoctor: ProtocolDoctor<SshResourceConfig> = {
  scheme: 'ssh:',
  host: ({ host }) => host,
  async examine({ resource, config }, { clock, signal, keyFiles, findResource }) {
    const check = `resource ${resource.name}`;
    const results: CheckResult[] = [];
    const from = new Set<string>();
    const services: WayServices = {
      clock,
      find: (name) => {
        const found = findResource(name);
        return found?.resource.protocol === 'ssh'
          ? (found as ConfiguredResource<SshResourceConfig>)
          : undefined;
      },
      secretOf: (account) => secretSource(account, { clock }),
      certify: async (login) =>
        certifySession({ ...login, keyId: 'doctor' }, (await openAuthority(keyFiles, 'upstream')).signer),
    };
    for (const account of config.accounts) {
      try {
        const connection = await dial(wayTo(config, account, services), signal);
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
  async examineListener(listener, { keyFiles, names, clock }) {
    const check = 'listener ssh';
    try {
      const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
      const keys = await GatewayHostKeys.open({ keyFiles, names, clock, log }, listener as SshListenerConfig);
      const { fingerprint, type, authority, next } = keys.summary();
      const certificate =
        keys.current().certificate === undefined
          ? 'without a certificate, which is for Ed25519 keys only'
          : `certified by ${authority} for ${keys.certifiedNames.join(', ')}`;
      const rotation = next === undefined ? '' : `; clients are told of the next one, ${next}`;
      const message = `host key ${fingerprint} (${type}), ${certificate}${rotation}; ciphers are run by ${CIPHERS_BY}`;
      return [{ check, level: 'ok', message }];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const remedy = 'start the gateway once, which makes its keys; or put the file of the config there';
      return [{ check, level: 'warn', message: `no host key: ${message}`, remedy }];
    }
  },
  directTargets({ port }, host) {
    return [`ssh://${host.includes(':') ? `[${host}]` : host}:${port}/`];
  },
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
        lines: onlyFrom(gateway, { port, chain: 'machine' }),
      },
    ];
  },
};
