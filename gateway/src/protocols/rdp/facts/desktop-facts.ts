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

/** Dynamic channels ride on it, each of which is judged by itself: window sizes, microphones, USB, cameras. */
export const DYNAMIC_CHANNEL = 'drdynvc';

/**
 * Dynamic channels that are never opened, whatever a rule says: those that draw what is not recorded (graphics, video and where it
 * goes, pointers), that bring input which nobody judges (touch, pens), and the clipboard by another way. By the beginnings of their names.
 */
const NEVER_OPENED =
  /^(?:cliprdr|tsmf|microsoft::windows::rds::(?:graphics|video|geometry|mousecursor|(?:core|advanced)?input))/i;

/** Whether a dynamic channel may be opened at all. */
export function mayBeOpened(name: string): boolean {
  return !NEVER_OPENED.test(name);
}

/** What is asked beside the operation. */
export interface DesktopSubject {
  /** Of a CHANNEL or DYNAMIC_CHANNEL. */
  readonly channel?: string;
  /** Of one text of a COPY or PASTE: names of the detectors that found something in it. */
  readonly found?: readonly string[];
}

/** The facts of one operation. */
export function desktopFacts(
  wish: DesktopWish,
  operation: DesktopOperation,
  { channel = '', found = [] }: DesktopSubject = {},
): Facts {
  const { resource, client, channels, width, height } = wish;
  const holding = found.length === 0 ? '' : `, with ${found.join(', ')} in it`;
  const summary = `${wordsOf(operation, channel, resource)}${holding}`;
  const values = {
    operations: [operation],
    ...(channel === '' ? {} : { channels: [channel] }),
    ...(found.length === 0 ? {} : { detect: [...found] }),
  };
  const attributes = { operation, channel, client, channels: [...channels], width, height };
  const statement = {
    summary,
    atoms: [{ label: summary, values }],
    attributes,
    opaque: opaqueOf(operation, channel),
  };
  return { family: 'rdp', action: operation.toLowerCase(), statements: [statement] };
}

function wordsOf(operation: DesktopOperation, channel: string, resource: string): string {
  switch (operation) {
    case 'VIEW':
      return `see the desktop of ${resource}`;
    case 'CONTROL':
      return `type and click on the desktop of ${resource}`;
    case 'COPY':
      return `copy text from the desktop of ${resource}`;
    case 'PASTE':
      return `paste text to the desktop of ${resource}`;
    case 'CHANNEL':
      return `open channel ${channel} of ${resource}`;
    case 'DYNAMIC_CHANNEL':
      return `open dynamic channel ${channel} of ${resource}`;
  }
}

function opaqueOf(operation: DesktopOperation, channel: string): readonly string[] {
  if (operation !== 'DYNAMIC_CHANNEL' || mayBeOpened(channel)) return [];
  return [`what passes on dynamic channel ${channel} is neither recorded nor judged`];
}
