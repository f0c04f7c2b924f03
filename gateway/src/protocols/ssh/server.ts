/** Serves SSH clients: one `serve` a connection, from its first byte to its last. No failure leaves this file. */
import type { Socket } from 'node:net';
import type { Connection } from '../../listener/listener.ts';
import type { ProtocolServer, ProtocolServices } from '../protocol.ts';
import type { SshResourceConfig } from './config.ts';
import { SshConnection } from './connection.ts';
import { SshError } from './errors.ts';
import type { SshListenerConfig } from './listener-config.ts';
import { Machines } from './relay/machines.ts';
import { CIPHERS_BY } from './transport/algorithms.ts';
import { fingerprintOf, newHostKeyText, type ParsedKey, readPrivateKey } from './transport/keys.ts';

/** File of the gateway's host key, below its own folder. */
const HOST_KEY = 'ssh_host_ed25519_key';

/** Serves the connections of one SSH listener. */
export class SshServer implements ProtocolServer {
  readonly #services: ProtocolServices<SshResourceConfig>;
  readonly #listener: SshListenerConfig;
  readonly #machines: Machines;
  readonly #hostKey: Promise<ParsedKey>;

  constructor(services: ProtocolServices<SshResourceConfig>, listener: SshListenerConfig) {
    this.#services = services;
    this.#listener = listener;
    this.#machines = new Machines(services);
    this.#hostKey = openHostKey(services, listener);
    this.#hostKey.then(
      (key) => {
        const fingerprint = fingerprintOf(key.getPublicSSH());
        services.log.info('ssh host key', { fingerprint, type: key.type, ciphers: CIPHERS_BY });
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        services.log.error('no ssh host key: nobody can connect', { reason });
      },
    );
  }

  async serve(socket: Socket, connection: Connection): Promise<void> {
    try {
      const hostKey = await this.#hostKey;
      // The client may have gone meanwhile.
      if (socket.destroyed) return;
      const how = { services: this.#services, listener: this.#listener, machines: this.#machines };
      await new SshConnection(socket, { ...how, hostKey, connection }).serve();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#services.log.warn('connection refused', { reason, address: connection.remoteAddress });
      socket.destroy();
    }
  }
}

/** The configured key, or the gateway's own, which is made once. Rejects with a GatewayError. */
async function openHostKey(
  { keyFiles }: ProtocolServices<SshResourceConfig>,
  { hostKey }: SshListenerConfig,
): Promise<ParsedKey> {
  const text =
    hostKey === undefined ? await keyFiles.open(HOST_KEY, newHostKeyText) : await keyFiles.read(hostKey);
  const key = readPrivateKey(text);
  if (key !== undefined) return key;
  // Never made anew by itself: clients would take the gateway for another machine.
  const message = `${hostKey ?? HOST_KEY} holds no private key without passphrase in OpenSSH format; put the old key back, or delete the file so that a new one is made`;
  throw new SshError('ERR_SSH_HOST_KEY', message);
}
