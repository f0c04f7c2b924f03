/** Input PDUs of the slow path ([MS-RDPBCGR] 2.2.8.1.1.3). */
import { ByteReader } from '../byte-reader.ts';
import { CODE_MASK, type InputEvent, MOST_EVENTS } from '../input.ts';

const TYPE = { SYNC: 0, UNUSED: 2, SCANCODE: 4, UNICODE: 5, MOUSE: 0x8001, MOUSE_X: 0x8002 } as const;
const RELEASE = 0x8000;
const EXTENDED = 0x0100;
const EXTENDED1 = 0x0200;

/** Reads the body of a PDU of type INPUT. @throws RdpWireError */
export function readSlowInput(body: Buffer): readonly InputEvent[] {
  const reader = new ByteReader(body, 'input', 'downstream');
  const count = reader.uint16();
  reader.uint16();
  if (count > MOST_EVENTS) throw reader.error('ERR_RDP_TOO_LONG', `${count} events`);
  const events: InputEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    reader.uint32();
    events.push(readEvent(reader));
  }
  reader.end();
  return events;
}

function readEvent(reader: ByteReader): InputEvent {
  const type = reader.uint16();
  const flags = reader.uint16();
  const second = reader.uint16();
  const third = reader.uint16();
  const isUp = (flags & RELEASE) !== 0;
  switch (type) {
    case TYPE.SCANCODE:
      return { kind: 'key', code: second & CODE_MASK, isUp, prefix: prefixOf(flags) };
    case TYPE.UNICODE:
      return { kind: 'unicode', code: second, isUp };
    case TYPE.MOUSE:
      return { kind: 'mouse', flags, x: second, y: third };
    case TYPE.MOUSE_X:
      return { kind: 'mouse-extended', flags, x: second, y: third };
    case TYPE.SYNC:
      return { kind: 'synchronize', toggles: second };
    case TYPE.UNUSED:
      return { kind: 'other' };
    default:
      throw reader.error('ERR_RDP_TYPE', `an event of type 0x${type.toString(16)}`);
  }
}

function prefixOf(flags: number): 0 | 0xe0 | 0xe1 {
  if ((flags & EXTENDED1) !== 0) return 0xe1;
  return (flags & EXTENDED) !== 0 ? 0xe0 : 0;
}
