/** What of a target's share PDUs and updates goes on to the client, and in which form. */
import { UPDATE } from '../wire/fast-path/fast-output.ts';
import { readDemandActive, writeDemandActive } from '../wire/share/capabilities.ts';
import { readSessionInfoKind, SESSION_INFO, writePlainNotify } from '../wire/share/save-session-info.ts';
import {
  DATA,
  readShareData,
  SHARE,
  type ShareData,
  type SharePdu,
  writeShareData,
} from '../wire/share/share-control.ts';
import { pinCapabilities, screenSize } from './capabilities.ts';
import { RdpRewriteError } from './errors.ts';

/** What becomes of a PDU. `body` is that of a share control PDU. */
export type FromTarget =
  | { readonly kind: 'forward'; readonly type: number; readonly body: Buffer }
  | {
      /** The share begins, or begins anew. */
      readonly kind: 'activate';
      readonly type: number;
      readonly body: Buffer;
      readonly shareId: number;
      readonly screen: { readonly width: number; readonly height: number } | undefined;
    }
  | {
      /** Something that is drawn, to be recorded: `payload` is behind the share data header. */
      readonly kind: 'bitmap' | 'palette' | 'pointer';
      readonly type: number;
      readonly body: Buffer;
      readonly payload: Buffer;
    }
  | { readonly kind: 'drop' };

/** Data PDUs that tell something, and carry no secret. */
const FORWARDED: ReadonlySet<number> = new Set([
  DATA.SYNCHRONIZE,
  DATA.CONTROL,
  DATA.FONT_MAP,
  DATA.PLAY_SOUND,
  DATA.KEYBOARD_INDICATORS,
  DATA.SHUTDOWN_DENIED,
  DATA.ERROR_INFO,
  DATA.STATUS_INFO,
  DATA.MONITOR_LAYOUT,
]);

/** Types of slow-path updates ([MS-RDPBCGR] 2.2.9.1.1.3.1). */
const SLOW_UPDATE = { ORDERS: 0, BITMAP: 1, PALETTE: 2, SYNCHRONIZE: 3 } as const;

/**
 * Judges a PDU of the target.
 * @throws RdpWireError, RdpRewriteError for a redirection, and for what is drawn by other means than were agreed
 */
export function fromTarget({ type, body }: SharePdu): FromTarget {
  switch (type) {
    case SHARE.DEMAND_ACTIVE: {
      const demand = readDemandActive(body);
      const sets = pinCapabilities(demand.sets, 'upstream');
      const pinned = writeDemandActive({ ...demand, sets });
      return { kind: 'activate', type, body: pinned, shareId: demand.shareId, screen: screenSize(sets) };
    }
    case SHARE.DEACTIVATE_ALL:
      return { kind: 'forward', type, body };
    case SHARE.DATA:
      return fromTargetData(readShareData(body, 'upstream'));
    case SHARE.SERVER_REDIRECTION:
      throw new RdpRewriteError('ERR_RDP_REDIRECTED', 'a server redirection of the target', 'upstream');
    default:
      throw new RdpRewriteError(
        'ERR_RDP_UNEXPECTED',
        `a share PDU of type ${type} from the target`,
        'upstream',
      );
  }
}

function fromTargetData(data: ShareData): FromTarget {
  const type = SHARE.DATA;
  if (data.type === DATA.UPDATE) return slowUpdate(data);
  if (data.type === DATA.POINTER)
    return { kind: 'pointer', type, body: writeShareData(data), payload: data.body };
  if (data.type === DATA.SAVE_SESSION_INFO) {
    // Who is logged in there is not the client's to know, and a cookie would let it past the gateway.
    if (readSessionInfoKind(data.body) === SESSION_INFO.EXTENDED) return { kind: 'drop' };
    return { kind: 'forward', type, body: writeShareData({ ...data, body: writePlainNotify() }) };
  }
  return FORWARDED.has(data.type) ? { kind: 'forward', type, body: writeShareData(data) } : { kind: 'drop' };
}

function slowUpdate(data: ShareData): FromTarget {
  const type = SHARE.DATA;
  const kind = data.body.length < 2 ? -1 : data.body.readUInt16LE(0);
  const body = writeShareData(data);
  if (kind === SLOW_UPDATE.BITMAP) return { kind: 'bitmap', type, body, payload: data.body };
  if (kind === SLOW_UPDATE.PALETTE) return { kind: 'palette', type, body, payload: data.body };
  if (kind === SLOW_UPDATE.SYNCHRONIZE) return { kind: 'forward', type, body };
  throw new RdpRewriteError('ERR_RDP_UNRECORDABLE', `an update of type ${kind} of the target`, 'upstream');
}

/** What of the fast path is recorded, and how. @throws RdpRewriteError for what was not agreed */
export function fastUpdateKind(code: number): 'bitmap' | 'palette' | 'pointer' | 'nothing' {
  switch (code) {
    case UPDATE.BITMAP:
      return 'bitmap';
    case UPDATE.PALETTE:
      return 'palette';
    case UPDATE.SYNCHRONIZE:
      return 'nothing';
    case UPDATE.POINTER_HIDDEN:
    case UPDATE.POINTER_DEFAULT:
    case UPDATE.POINTER_POSITION:
    case UPDATE.POINTER_COLOR:
    case UPDATE.POINTER_CACHED:
    case UPDATE.POINTER_NEW:
      return 'pointer';
    default:
      throw new RdpRewriteError(
        'ERR_RDP_UNRECORDABLE',
        `an update of code ${code} of the target`,
        'upstream',
      );
  }
}
