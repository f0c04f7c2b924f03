/** Ways from one protocol of the gateway to another: what a client of the one wants to reach is served by the other's own listener. */
import type { Socket } from 'node:net';
import type { Resource } from '../model/resource.ts';
import type { ConnectTarget } from './protocol.ts';

/** A resource that can be asked for by its address. */
export interface Door {
  readonly resource: Resource;
  /** What may be opened on it, the default account first. */
  readonly targets: readonly ConnectTarget[];
}

/** The doors of a gateway. */
export interface Doors {
  /**
   * Resources that are at this host and port, or have this name and that port; all of one protocol. None where nobody
   * knows them, or where it is not clear which protocol is meant. No name is resolved.
   */
  find(host: string, port: number): readonly Door[];
  /**
   * A connection to the listener of the resource's protocol, which takes it for one from that address. Rejects with a GatewayError.
   */
  open(door: Door, sourceAddress: string): Promise<Socket>;
}
