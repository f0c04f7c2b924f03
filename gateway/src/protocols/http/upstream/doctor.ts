/** HTTP's part of `sallyport doctor`: whether a service can be reached, and whether it can be reached past the gateway. */
import { onlyFrom } from '../../../addresses/firewall.ts';
import type { CheckResult } from '../../../model/check-result.ts';
import type { ProtocolDoctor } from '../../protocol.ts';
import type { HttpConfig } from '../config.ts';
import { loadFactsOptions } from '../resource-facts.ts';
import { checkCredentials, whenAccepted } from './credential-checks.ts';
import { checkDestinations } from './destination-checks.ts';
import { alpnOf, dial } from './dial.ts';
import { serviceUrl } from './service-url.ts';

/** Examines resources of HTTP. */
export const httpDoctor: ProtocolDoctor<HttpConfig> = {
  scheme: 'http:',
  host: (config) => ('destinations' in config ? '' : serviceUrl(config).hostname),
  async examine({ resource, config }, { clock, signal }) {
    const check = `resource ${resource.name}`;
    const results: CheckResult[] = [];
    try {
      await loadFactsOptions(config);
      if ('destinations' in config) {
        return { results: await checkDestinations(check, config, { clock, signal }), gatewayAddresses: [] };
      }
      const { certificate, results: found } = await checkCredentials(check, config, { clock, signal });
      results.push(...found);
      const socket = await dial(config, signal, { shown: certificate, alpn: alpnOf(config) });
      const from = socket.localAddress;
      try {
        if (certificate !== undefined) await whenAccepted(socket);
      } finally {
        socket.destroy();
      }
      results.push({ check, level: 'ok', message: 'the service can be reached' });
      return { results, gatewayAddresses: from === undefined ? [] : [from] };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const remedy =
        'see that the service runs, and that `url`, `tls` and `openapi` of the resource are right';
      results.push({ check, level: 'fail', message, remedy });
      return { results, gatewayAddresses: [] };
    }
  },
  directTargets(config, host) {
    if ('destinations' in config) return [];
    const name = host.includes(':') ? `[${host}]` : host;
    return [`http://${name}:${serviceUrl(config).port}/`];
  },
  closingLines(config, gateway) {
    if ('destinations' in config) return [];
    const { port } = serviceUrl(config);
    return [
      {
        place: 'nftables of the service’s machine',
        note: 'only the gateway reaches the service',
        lines: onlyFrom(gateway, { port, chain: 'service' }),
      },
    ];
  },
};
