/** What of a client's share PDUs goes on to the target, and in which form. */

import type { InputEvent } from '../wire/input.ts';
import { readConfirmActive, writeConfirmActive } from '../wire/share/capabilities.ts';
import { DATA, readShareData, SHARE, type SharePdu, writeShareData } from '../wire/share/share-control.ts';
import { readSlowInput } from '../wire/share/slow-input.ts';
import { pinCapabilities } from './capabilities.ts';
import { RdpRewriteError } from './errors.ts';

/** What becomes of a PDU. */
export type FromClient =
  | { readonly kind: 'forward'; readonly type: number; readonly body: Buffer }
  | {
      readonly kind: 'input';
      readonly events: readonly InputEvent[];
      readonly type: number;
      readonly body: Buffer;
    }
  | { readonly kind: 'drop' };

/** Data PDUs without harm: they ask for the screen, or begin and end the share. */
const FORWARDED: ReadonlySet<number> = new Set([
  DATA.SYNCHRONIZE,
  DATA.CONTROL,
  DATA.FONT_LIST,
  DATA.REFRESH_RECT,
  DATA.SUPPRESS_OUTPUT,
  DATA.SHUTDOWN_REQUEST,
]);

/**
 * Judges a PDU of the client. What is not known, and what belongs to what was pinned away (caches, frames), is dropped.
 * @throws RdpWireError, RdpRewriteError for what only servers send
 */
export function fromClient({ type, body }: SharePdu): FromClient {
  if (type === SHARE.CONFIRM_ACTIVE) {
    const confirm = readConfirmActive(body);
    const sets = pinCapabilities(confirm.sets, 'downstream');
    return { kind: 'forward', type, body: writeConfirmActive({ ...confirm, sets }) };
  }
  if (type !== SHARE.DATA)
    throw new RdpRewriteError(
      'ERR_RDP_UNEXPECTED',
      `a share PDU of type ${type} from the client`,
      'downstream',
    );
  const data = readShareData(body, 'downstream');
  if (data.type === DATA.INPUT) {
    return { kind: 'input', events: readSlowInput(data.body), type, body: writeShareData(data) };
  }
  return FORWARDED.has(data.type) ? { kind: 'forward', type, body: writeShareData(data) } : { kind: 'drop' };
}
