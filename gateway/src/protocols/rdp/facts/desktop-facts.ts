/** Facts of a desktop: one thing that may be done with it each, so that what is denied takes nothing else along. */
import type { Facts } from '../../../model/facts.ts';
import type { DesktopOperation } from './facts-family.ts';

/** What a client asks for. */
export interface DesktopWish {
  readonly resource: string;
  /** Name that the client machine gives itself. */
  readonly client: string;
  readonly channels: readonly string[];
  readonly width: number;
  readonly height: number;
}

/** The channel of the clipboard, which has operations of its own. */
export const CLIPBOARD_CHANNEL = 'cliprdr';

/**
 * Dynamic channels ride on it: graphics, USB, cameras, touch. It is never opened, whatever a rule says, until each of them can be
 * judged.
 */
export const DYNAMIC_CHANNEL = 'drdynvc';

/** The facts of one operation. @param channel of a CHANNEL */
export function desktopFacts(wish: DesktopWish, operation: DesktopOperation, channel = ''): Facts {
  const { resource, client, channels, width, height } = wish;
  const summary = `${wordsOf(operation, channel)} of ${resource}`;
  const values = {
    operations: [operation],
    ...(channel === '' ? {} : { channels: [channel] }),
  };
  const attributes = { operation, channel, client, channels: [...channels], width, height };
  const statement = { summary, atoms: [{ label: summary, values }], attributes, opaque: opaqueOf(channel) };
  return { family: 'rdp', action: operation.toLowerCase(), statements: [statement] };
}

function wordsOf(operation: DesktopOperation, channel: string): string {
  switch (operation) {
    case 'VIEW':
      return 'see the desktop';
    case 'CONTROL':
      return 'type and click on the desktop';
    case 'COPY':
      return 'copy text from the desktop';
    case 'PASTE':
      return 'paste text to the desktop';
    case 'CHANNEL':
      return `open channel ${channel}`;
  }
}

function opaqueOf(channel: string): readonly string[] {
  return channel === DYNAMIC_CHANNEL ? ['dynamic channels cannot be judged'] : [];
}
