/** How a client is told that its session is over, before its connection ends. */
import { GatewayError } from '../../../model/gateway-error.ts';
import type { PacketStream } from '../packet-stream.ts';
import { DISCONNECT_REASON, writeData, writeDisconnect } from '../wire/mcs/domain.ts';
import { ERROR_INFO, writeErrorInfo } from '../wire/share/error-info.ts';
import type { ClientIds } from './attach.ts';

/** What is known of the client. */
export interface Farewell {
  readonly ids: ClientIds;
  /** Of the share that is agreed on; 0 before. */
  readonly shareId: number;
  /** One of {@link ERROR_INFO}; undefined where the target has told by itself. */
  readonly code: number | undefined;
}

/** Share id of servers that have none yet. */
const NO_SHARE = 0x0001_03ea;

/** Tells why, then ends the connection by a Disconnect Provider Ultimatum ([MS-RDPBCGR] 1.3.1.4.2). */
export function sayFarewell(packets: PacketStream, { ids, shareId, code }: Farewell): void {
  if (code !== undefined) {
    const data = writeErrorInfo(code, { shareId: shareId === 0 ? NO_SHARE : shareId, source: ids.server });
    packets.write(writeData('downstream', { initiator: ids.server, channel: ids.io, data: [data] }));
  }
  packets.write(writeDisconnect(DISCONNECT_REASON.PROVIDER_INITIATED));
  if (!packets.stream.destroyed) packets.stream.end();
}

/** The words that RDP has for it: clients show a text of their own for each. */
export function errorInfoOf(error: unknown): number {
  const code = error instanceof GatewayError ? error.code : '';
  switch (code) {
    case 'ERR_RDP_SESSION_OVER':
      return ERROR_INFO.RPC_INITIATED_DISCONNECT;
    case 'ERR_RDP_IDLE':
      return ERROR_INFO.IDLE_TIMEOUT;
    case 'ERR_RDP_DENIED':
    case 'ERR_RDP_UNKNOWN_RESOURCE':
      return ERROR_INFO.SERVER_INSUFFICIENT_PRIVILEGES;
    case 'ERR_RDP_LIMIT':
      return ERROR_INFO.LOGON_TIMEOUT;
    case 'ERR_RDP_CREDENTIAL':
    case 'ERR_RDP_CREDENTIAL_GUESSED':
    case 'ERR_RDP_NO_TOKEN':
    case 'ERR_RDP_MISPLACED_TOKEN':
      return ERROR_INFO.SERVER_FRESH_CREDENTIALS_REQUIRED;
    default:
      return code.startsWith('ERR_IDENTITY_')
        ? ERROR_INFO.SERVER_FRESH_CREDENTIALS_REQUIRED
        : ERROR_INFO.SERVER_DENIED_CONNECTION;
  }
}
