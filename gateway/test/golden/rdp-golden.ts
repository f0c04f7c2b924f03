import { GatewayError } from '../../src/model/gateway-error.ts';
import { ClipboardFilter } from '../../src/protocols/rdp/rewrite/clipboard.ts';
import { DynamicChannels } from '../../src/protocols/rdp/rewrite/dynamic-channels.ts';
import {
  readClipboardMessage,
  writeClipboardMessage,
} from '../../src/protocols/rdp/wire/channel/clipboard.ts';
import {
  type DynamicMessage,
  readDynamicMessage,
  writeDynamicMessage,
} from '../../src/protocols/rdp/wire/channel/dynamic.ts';

type Side = 'downstream' | 'upstream';
/** What becomes of one message, line by line. */
type Step = (bytes: Buffer, from: Side) => readonly string[];

/**
 * Renders a transcript of one channel: a line `upstream HEX` or `downstream HEX` a message, from the side that sends it. Lines before:
 * `# clipboard: copy paste` with the directions that are open, or `# dynamic: ECHO …` with the channels that are allowed.
 */
export function renderTranscript(input: string): string {
  const lines = input.split('\n').filter((line) => line !== '');
  const [, kind = '', words = ''] = /^# (clipboard|dynamic): ?(.*)$/.exec(lines[0] ?? '') ?? [];
  const allowed = new Set(words.split(' '));
  const step = kind === 'dynamic' ? dynamicStep(allowed) : clipboardStep(allowed);
  const told: string[] = [];
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const [side = '', hex = ''] = line.split(' ');
    const from = side === 'upstream' ? 'upstream' : 'downstream';
    try {
      told.push(...step(Buffer.from(hex, 'hex'), from).map((what) => `${side}: ${what}`));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      told.push(`${side}: ends the session: ${error.code}`);
      break;
    }
  }
  return told.join('\n');
}

const OTHER: Readonly<Record<Side, Side>> = { downstream: 'upstream', upstream: 'downstream' };

function dynamicStep(allowed: ReadonlySet<string>): Step {
  const channels = new DynamicChannels();
  const sent = (to: Side, message: DynamicMessage): string =>
    `to ${to} ${writeDynamicMessage(message).toString('hex')}`;
  return (bytes, from) => {
    const { forward, reply, ask } = channels.take(readDynamicMessage(bytes, from), from);
    if (ask !== undefined) {
      const isAllowed = allowed.has(ask.name);
      const answer = isAllowed ? channels.allow(ask.channel) : channels.deny(ask.channel);
      const to = isAllowed ? 'downstream' : 'upstream';
      return [`asks for ${ask.name}`, ...(answer === undefined ? [] : [sent(to, answer)])];
    }
    if (reply !== undefined) return [sent(from, reply)];
    return [forward === undefined ? 'dropped' : sent(OTHER[from], forward)];
  };
}

function clipboardStep(open: ReadonlySet<string>): Step {
  const filter = new ClipboardFilter({ copy: open.has('copy'), paste: open.has('paste') });
  return (bytes, from) => {
    const { forward, reply, text, isRefused } = filter.take(readClipboardMessage(bytes, from), from);
    return [
      ...(isRefused === true ? ['something is kept back'] : []),
      ...(text === undefined ? [] : [`text ${JSON.stringify(text)}`]),
      ...(forward === undefined
        ? []
        : [`to ${OTHER[from]} ${writeClipboardMessage(forward).toString('hex')}`]),
      ...(reply === undefined ? [] : [`to ${from} ${writeClipboardMessage(reply).toString('hex')}`]),
      ...(forward === undefined && reply === undefined ? ['goes no further'] : []),
    ];
  };
}
