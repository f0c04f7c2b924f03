import { hash } from 'node:crypto';
import type { Page } from 'playwright-core';

/** A picture of a desktop: rows from the top, red, green, blue, alpha. */
export interface DesktopPicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

/** Pixels of the lower right corner that are left out: a pointer waits there. */
export interface LeftOut {
  readonly corner?: number;
}

/** Digest of what the console's player shows; empty while there is no picture. Taken there: pictures are large. */
export async function shownDigest(page: Page, { corner = 0 }: LeftOut = {}): Promise<string> {
  return (await page.evaluate(`(async () => {
    const canvas = document.querySelector('canvas[role=img]');
    if (canvas === null) return '';
    const { width, height } = canvas;
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(0, 0, width, height);
    for (let y = height - ${corner}; y < height; y += 1) data.fill(0, ((y + 1) * width - ${corner}) * 4, (y + 1) * width * 4);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    return width + 'x' + height + ' ' + Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  })()`)) as string;
}

/** The same of a picture that is here. */
export function digestOf({ width, height, rgba }: DesktopPicture, { corner = 0 }: LeftOut = {}): string {
  const data = Uint8Array.from(rgba);
  for (let y = height - corner; y < height; y += 1)
    data.fill(0, ((y + 1) * width - corner) * 4, (y + 1) * width * 4);
  return `${width}x${height} ${hash('sha256', data)}`;
}
