/** What an Xvfb with `-fbdir` shows: its memory is a file in the form of xwd (X11/XWDFile.h). */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A picture of a screen; three bytes a pixel: red, green, blue. */
export interface ScreenPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

/** Reads screen 0, or a part of it from its upper left corner on. */
export function readFramebuffer(folder: string, width: number, height: number): ScreenPicture {
  const bytes = readFileSync(path.join(folder, 'Xvfb_screen0'));
  const [headerBytes, depth] = [bytes.readUInt32BE(0), bytes.readUInt32BE(44)];
  const lineBytes = bytes.readUInt32BE(48);
  if (depth !== 32) throw new Error(`a screen of ${depth} bits a pixel`);
  const start = headerBytes + bytes.readUInt32BE(76) * 12;
  const rgb = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = start + y * lineBytes + x * 4;
      const to = (y * width + x) * 3;
      // The lowest byte is blue.
      rgb[to] = bytes[from + 2] ?? 0;
      rgb[to + 1] = bytes[from + 1] ?? 0;
      rgb[to + 2] = bytes[from] ?? 0;
    }
  }
  return { width, height, rgb };
}
