/** Fast-path input ([MS-RDPBCGR] 2.2.8.1.2). */
import { ByteReader } from '../byte-reader.ts';
import { CODE_MASK, type InputEvent, MOST_EVENTS } from '../input.ts';

const CODE = { SCANCODE: 0, MOUSE: 1, MOUSE_X: 2, SYNC: 3, UNICODE: 4, QUALITY: 6 } as const;
const RELEASE = 1;
const EXTENDED = 2;
const EXTENDED1 = 4;

/** Reads a frame of fast path from a client. @throws RdpWireError */
export function readFastInput(frame: Buffer): readonly InputEvent[] {
  const reader = new ByteReader(frame, 'fast-path input', 'downstream');
  const header = reader.uint8();
  if (header >> 6 !== 0) throw reader.error('ERR_RDP_OPAQUE', 'input that RDP encrypted');
  if ((reader.uint8() & 0x80) !== 0) reader.uint8();
  const few = (header >> 2) & 0x0f;
  const count = few === 0 ? reader.uint8() : few;
  if (count > MOST_EVENTS) throw reader.error('ERR_RDP_TOO_LONG', `${count} events`);
  const events: InputEvent[] = [];
  for (let index = 0; index < count; index += 1) events.push(readEvent(reader));
  reader.end();
  return events;
}

function readEvent(reader: ByteReader): InputEvent {
  const header = reader.uint8();
  const flags = header & 0x1f;
  const isUp = (flags & RELEASE) !== 0;
  switch (header >> 5) {
    case CODE.SCANCODE:
      return { kind: 'key', code: reader.uint8() & CODE_MASK, isUp, prefix: prefixOf(flags) };
    case CODE.UNICODE:
      return { kind: 'unicode', code: reader.uint16(), isUp };
    case CODE.MOUSE:
      return { kind: 'mouse', flags: reader.uint16(), x: reader.uint16(), y: reader.uint16() };
    case CODE.MOUSE_X:
      return { kind: 'mouse-extended', flags: reader.uint16(), x: reader.uint16(), y: reader.uint16() };
    case CODE.SYNC:
      return { kind: 'synchronize', toggles: flags };
    case CODE.QUALITY:
      reader.uint32();
      return { kind: 'other' };
    default:
      throw reader.error('ERR_RDP_TYPE', `an event of code ${header >> 5}`);
  }
}

function prefixOf(flags: number): 0 | 0xe0 | 0xe1 {
  if ((flags & EXTENDED1) !== 0) return 0xe1;
  return (flags & EXTENDED) !== 0 ? 0xe0 : 0;
}
