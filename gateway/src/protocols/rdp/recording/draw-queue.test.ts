import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DrawQueue } from './draw-queue.ts';

const fail = (error: Error): void => {
  throw error;
};

it('P10: of a flood of new sizes one screen is made in a turn, so that other sessions go on', async () => {
  const queue = new DrawQueue({ onEmpty: () => undefined, onFailed: fail });
  for (const width of [1024, 1023, 1022, 1021]) queue.put({ kind: 'size', width, height: 1024 }, 8);
  const widths: (number | undefined)[] = [];
  while (!queue.isEmpty) {
    await turn();
    widths.push(queue.desktop.screen?.width);
  }
  expect(widths).toEqual([1024, 1023, 1022, 1021]);
});

it('P10: of a flood of pointers some are drawn in a turn', async () => {
  const queue = new DrawQueue({ onEmpty: () => undefined, onFailed: fail });
  // 96 by 96 pixels of one bit, at place 0.
  const [side, maskBytes] = [96, 1152];
  const head = [1, 0, 0, 0, side, side, maskBytes, maskBytes];
  const bytes = Buffer.concat([Buffer.from(Uint16Array.from(head).buffer), Buffer.alloc(2 * maskBytes)]);
  for (let count = 0; count < 200; count += 1) queue.put({ kind: 'pointer', code: 11, bytes }, bytes.length);
  let turns = 0;
  for (; !queue.isEmpty; turns += 1) await turn();
  expect(turns).toBeGreaterThan(3);
});
