/** Serves SSH clients: one `serve` a connection, from its first byte to its last. No failure leaves this file. */
import type { Socket } from 'node:net';
import type { Connection } from '../../listener/listener.ts';
import type { ProtocolServer, ProtocolServices } from '../protocol.ts';
import { type Authority, openAuthority } from './authorities.ts';
import type { SshResourceConfig } from './config.ts';
import { SshConnection } from './connection.ts';
import { GatewayHostKeys } from './host-keys.ts';
import type { SshListenerConfig } from './listener-config.ts';
import { Machines } from './relay/machines.ts';
import { CIPHERS_BY } from './transport/algorithms.ts';

/** Serves the connections of one SSH listener. */
export class SshServer implements ProtocolServer {
  readonly #services: ProtocolServices<SshResourceConfig>;
  readonly #listener: SshListenerConfig;
  readonly #machines: Machines;
  readonly #hostKeys: Promise<GatewayHostKeys>;
  readonly #userAuthority: Promise<Authority>;

  constructor(services: ProtocolServices<SshResourceConfig>, listener: SshListenerConfig) {
    this.#services = services;
    this.#listener = listener;
    this.#machines = new Machines(services);
    this.#hostKeys = GatewayHostKeys.open(services, listener);
    this.#userAuthority = openAuthority(services.keyFiles, 'user');
    Promise.all([this.#hostKeys, this.#userAuthority]).then(
      ([keys]) => services.log.info('ssh host key', { ...keys.summary(), ciphers: CIPHERS_BY }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        services.log.error('a key of ssh cannot be used: nobody can connect', { reason });
      },
    );
  }

  async serve(socket: Socket, connection: Connection): Promise<void> {
    try {
      const [keys, user] = await Promise.all([this.#hostKeys, this.#userAuthority]);
      // The client may have gone meanwhile.
      if (socket.destroyed) return;
      const how = { services: this.#services, listener: this.#listener, machines: this.#machines };
      const userAuthority = user.signer.publicKey;
      const hostKeys = keys.current();
      await new SshConnection(socket, { ...how, hostKeys, userAuthority, connection }).serve();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#services.log.warn('connection refused', { reason, address: connection.remoteAddress });
      socket.destroy();
    }
  }
}
