/** RDP's part of `sallyport doctor`: whether a machine proves itself, and whether it can be reached past the gateway. */
import { onlyFrom } from '../../../addresses/firewall.ts';
import type { CheckResult } from '../../../model/check-result.ts';
import type { ProtocolDoctor } from '../../protocol.ts';
import type { RdpResourceConfig } from '../config.ts';
import { secureTarget } from './secure.ts';

/** Examines resources of RDP. Nobody is logged in: a login would open a desktop, or take one away from somebody. */
export const rdpDoctor: ProtocolDoctor<RdpResourceConfig> = {
  scheme: 'rdp:',
  host: ({ host }) => host,
  async examine({ resource, config }, { signal }) {
    const check = `resource ${resource.name}`;
    const results: CheckResult[] = [];
    const from: string[] = [];
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(config.connectTimeoutMs)]);
      const { stream } = await secureTarget(config, limit);
      if (stream.localAddress !== undefined) from.push(stream.localAddress);
      stream.destroy();
      const message = `the machine proves itself and takes ${config.security}; no account is tried, which would open a desktop`;
      results.push({ check, level: 'ok', message });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const remedy = 'see that the machine takes RDP, and that `security` and `tls` are right';
      results.push({ check, level: 'fail', message, remedy });
    }
    return { results, gatewayAddresses: from };
  },
  directTargets({ port }, host) {
    return [`rdp://${host.includes(':') ? `[${host}]` : host}:${port}/`];
  },
  closingLines({ port }, gateway) {
    return [
      {
        place: 'Windows Firewall of the machine, as administrator in PowerShell',
        note: 'only the gateway reaches RDP',
        lines: [`Set-NetFirewallRule -DisplayGroup 'Remote Desktop' -RemoteAddress ${gateway.join(',')}`],
      },
      {
        place: 'nftables of the machine',
        note: 'only the gateway reaches RDP',
        lines: onlyFrom(gateway, { port, chain: 'machine' }),
      },
    ];
  },
};
