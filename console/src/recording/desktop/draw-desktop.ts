/** A desktop on canvases: one for the screen, one for the pointer above it. */
import type { Desktop } from '../../../../gateway/src/protocols/rdp/events/desktop.ts';
import type { Damage } from '../../../../gateway/src/protocols/rdp/picture/bitmap-update.ts';

/** Corners of the arrow that stands for the client's own pointer. */
const ARROW = [
  [0, 0],
  [0, 16],
  [4, 12],
  [7, 18],
  [9, 17],
  [6, 11],
  [11, 11],
] as const;
const ARROW_SIDE = 20;

/** Draws what changed. */
export function drawDesktop(
  desktop: Desktop,
  damage: Damage,
  { screen: canvas, pointer }: { readonly screen: HTMLCanvasElement; readonly pointer: HTMLCanvasElement },
): void {
  const { screen } = desktop;
  if (screen === undefined) return;
  const { width, height } = screen;
  let { left, top, right, bottom } = damage;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    [left, top, right, bottom] = [0, 0, width, height];
  }
  if (right > left && bottom > top) {
    const picture = new ImageData(screen.rgba, width, height);
    canvas.getContext('2d')?.putImageData(picture, 0, 0, left, top, right - left, bottom - top);
  }
  drawPointer(desktop, pointer, { width, height });
}

function drawPointer(
  { pointer }: Desktop,
  canvas: HTMLCanvasElement,
  screen: { readonly width: number; readonly height: number },
): void {
  const { shape } = pointer;
  canvas.hidden = shape === 'hidden';
  if (shape === 'hidden') return;
  const isArrow = shape === 'default';
  const size = isArrow ? { width: ARROW_SIDE, height: ARROW_SIDE } : shape;
  const hot = isArrow ? { hotX: 0, hotY: 0 } : shape;
  canvas.width = size.width;
  canvas.height = size.height;
  // In parts of the screen, which is as wide on the page as there is room.
  canvas.style.left = `${((pointer.x - hot.hotX) / screen.width) * 100}%`;
  canvas.style.top = `${((pointer.y - hot.hotY) / screen.height) * 100}%`;
  canvas.style.width = `${(size.width / screen.width) * 100}%`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  if (!isArrow) {
    if (shape.width > 0 && shape.height > 0)
      context.putImageData(new ImageData(shape.rgba, shape.width, shape.height), 0, 0);
    return;
  }
  context.beginPath();
  for (const [x, y] of ARROW) context.lineTo(x + 1, y + 1);
  context.closePath();
  context.fillStyle = '#fff';
  context.strokeStyle = '#000';
  context.fill();
  context.stroke();
}
