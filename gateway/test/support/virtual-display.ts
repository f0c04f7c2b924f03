import type { TestContext } from 'vitest';
import { requireTool, tools } from './installed-tool.ts';
import { startProcess } from './processes.ts';

/** An X server that shows nothing. */
export interface VirtualDisplay extends AsyncDisposable {
  /** Value of DISPLAY. */
  readonly name: string;
}

/** Starts one of 1024 by 768 points with a number that is free; skips the test where there is no Xvfb. */
export function startVirtualDisplay(context: TestContext): Promise<VirtualDisplay> {
  return startDisplay(requireTool(context, tools.xvfb));
}

/** The same by the program's absolute path. @param timeoutMs ends it after this; @param more arguments */
export async function startDisplay(
  xvfb: string,
  timeoutMs = 300_000,
  more: readonly string[] = [],
): Promise<VirtualDisplay> {
  // Without -noreset it begins anew when its last client leaves, and refuses others meanwhile.
  const args = ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset', ...more];
  const running = startProcess(xvfb, args, { timeoutMs });
  const [, number] = await running.waitForOutput(/^(\d+)\n/m);
  return { name: `:${number}`, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}
