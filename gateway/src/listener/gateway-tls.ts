/** One certificate for all servers of a gateway; the ALPN names differ. */
import type { Clock } from '../model/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { logCertificateEvent } from '../telemetry/log-events.ts';
import { certificateFromFiles } from './certificates.ts';
import { createHostCertificates, type HostCertificates } from './host-certificates.ts';
import { certificateFromLocalCa } from './local-ca.ts';
import { openServerTls, type ServerTls } from './server-tls.ts';

/** Where the certificate comes from: files, or a local CA in `directory` for these names. */
export interface GatewayTlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly names: readonly string[];
  readonly directory: string;
  /** Who serves: names, and what they speak. */
  readonly servers: readonly { readonly name: string; readonly alpnProtocols: readonly string[] }[];
}

/** The TLS of each server. */
export interface GatewayTls {
  /** @throws TypeError for a name that is not among the servers */
  forServer(name: string): ServerTls;
  /** Of the local CA, for hosts that the gateway stands in for. */
  readonly hosts: HostCertificates;
  /** PEM file of the local CA, where there is one. */
  readonly caFile: string | undefined;
  reload(): Promise<void>;
}

/** Loads or makes the certificate. @throws ListenerError */
export async function openGatewayTls(
  { cert, key, names, directory, servers }: GatewayTlsOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<GatewayTls> {
  const source =
    cert !== undefined && key !== undefined
      ? certificateFromFiles({ certificateFile: cert, keyFile: key }, clock)
      : certificateFromLocalCa({ directory, names, clock });
  const opened = new Map<string, ServerTls>();
  for (const { name, alpnProtocols } of servers) {
    const onEvent = (event: Parameters<typeof logCertificateEvent>[1]): void =>
      logCertificateEvent(log, event);
    opened.set(name, await openServerTls({ source, clock, alpnProtocols, onEvent }));
  }
  return {
    forServer(name) {
      const tls = opened.get(name);
      if (tls === undefined) throw new TypeError(`no TLS for server ${name}`);
      return tls;
    },
    hosts: createHostCertificates({ directory, clock }),
    caFile: [...opened.values()][0]?.summary().caFile,
    async reload() {
      await Promise.all([...opened.values()].map((tls) => tls.reload()));
    },
  };
}
