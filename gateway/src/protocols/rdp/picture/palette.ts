import { ByteCursor } from './byte-cursor.ts';
import { PictureError } from './errors.ts';
import { OPAQUE, type Screen } from './screen.ts';

const UPDATETYPE_PALETTE = 2;
const COLOURS = 256;

/**
 * Takes a palette update (TS_UPDATE_PALETTE_DATA, MS-RDPBCGR 2.2.9.1.1.3.1.1.1), from its type on. What is on the screen
 * keeps its colours. @throws PictureError
 */
export function decodePaletteUpdate(payload: Uint8Array, screen: Screen): void {
  const cursor = new ByteCursor(payload);
  const type = cursor.u16();
  cursor.u16();
  const count = cursor.u32();
  if (type !== UPDATETYPE_PALETTE || count !== COLOURS) {
    throw new PictureError('ERR_PICTURE_DATA', `a palette of type ${type} with ${count} colours`);
  }
  const colours = cursor.take(COLOURS * 3);
  for (let index = 0; index < COLOURS; index += 1) {
    const [red = 0, green = 0, blue = 0] = colours.subarray(index * 3, index * 3 + 3);
    screen.palette[index] = (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
  }
}
