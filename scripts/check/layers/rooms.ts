import { gatewayRooms } from './gateway-rooms.ts';
import { protocolRooms } from './protocol-rooms.ts';
import type { Room } from './room.ts';

/**
 * Sockets are opened only in `listener`, the API's server, a protocol's `upstream`, the fetch of `identity`, the API
 * client of `cli` and `main`; programs are started only in `credentials`.
 */
export const rooms: readonly Room[] = [...protocolRooms, ...gatewayRooms];

/** Fewest production modules that can be right: below it the check looked in the wrong place. */
export const fewestModules = 300;
