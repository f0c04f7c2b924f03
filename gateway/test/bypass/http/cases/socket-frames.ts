/** Ways to get a forbidden message over a WebSocket past the rule that denies it. */

/** One attempt, as the bytes behind the handshake. */
export interface SocketAttack {
  readonly name: string;
  readonly bytes: Buffer;
}

const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** One frame of a client, whatever its first byte and its declared length say. */
function frame(
  first: number,
  payload: Buffer | string,
  { isMasked = true, length }: { readonly isMasked?: boolean; readonly length?: Buffer } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const key = isMasked ? KEY : Buffer.alloc(0);
  const flag = isMasked ? 0x80 : 0;
  const size = length ?? sizeOf(bytes.length);
  const head = Buffer.concat([Buffer.of(first), Buffer.of((size[0] ?? 0) | flag), size.subarray(1), key]);
  if (isMasked)
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (KEY[at & 3] ?? 0);
  return Buffer.concat([head, bytes]);
}

function sizeOf(length: number): Buffer {
  if (length < 126) return Buffer.of(length);
  const size = Buffer.alloc(3);
  size[0] = 126;
  size.writeUInt16BE(length, 1);
  return size;
}

const TEXT = 0x81;
const BINARY = 0x82;
const FORBIDDEN = '{"action":"delete"}';
/** Longer than what the gateway of the suite looks at. */
const PAD = 'x'.repeat(3_000);

function inFrames(text: string, size: number, between: readonly Buffer[] = []): Buffer {
  const bytes = Buffer.from(text);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const isLast = at + size >= bytes.length;
    frames.push(frame((isLast ? 0x80 : 0) | (at === 0 ? 1 : 0), bytes.subarray(at, at + size)), ...between);
  }
  return Buffer.concat(frames);
}

const attack = (name: string, ...bytes: readonly Buffer[]): SocketAttack => ({
  name,
  bytes: Buffer.concat(bytes),
});

export const SOCKET_ATTACKS: readonly SocketAttack[] = [
  attack('as it is', frame(TEXT, FORBIDDEN)),
  attack('in frames of one byte', inFrames(FORBIDDEN, 1)),
  attack(
    'in frames of one byte with pings and empty frames between',
    inFrames(FORBIDDEN, 1, [frame(0x89, 'p')]),
  ),
  attack('as a binary message', frame(BINARY, FORBIDDEN)),
  attack('begun as text, without an end', frame(0x01, FORBIDDEN)),
  attack('behind a message that is permitted', frame(TEXT, '{"action":"read"}'), frame(TEXT, FORBIDDEN)),
  attack('with a member twice', frame(TEXT, '{"action":"read","action":"delete"}')),
  attack('with a member twice, in another case', frame(TEXT, '{"Action":"read","action":"delete"}')),
  attack('with the name escaped', frame(TEXT, '{"act\\u0069on":"delete"}')),
  attack('with the value escaped', frame(TEXT, '{"action":"d\\u0065lete"}')),
  attack('behind a byte order mark', frame(TEXT, `\ufeff${FORBIDDEN}`)),
  attack('with a NUL behind it', frame(TEXT, `${FORBIDDEN}\0`)),
  attack('with a comment', frame(TEXT, '{/**/"action":"delete"}')),
  attack('behind other JSON', frame(TEXT, `{"action":"read"}${FORBIDDEN}`)),
  attack('behind other JSON on a line of its own', frame(TEXT, `{"action":"read"}\n${FORBIDDEN}`)),
  attack('in a list', frame(TEXT, `[${FORBIDDEN}]`)),
  attack('in UTF-16', frame(TEXT, Buffer.from(FORBIDDEN, 'utf16le'))),
  attack('in UTF-16, as binary', frame(BINARY, Buffer.from(FORBIDDEN, 'utf16le'))),
  attack(
    'in bytes that are overlong UTF-8',
    frame(TEXT, Buffer.from('7b22c1a1', 'hex')),
    frame(TEXT, FORBIDDEN),
  ),
  attack('in front of padding beyond the window', frame(TEXT, `{"action":"delete","pad":"${PAD}"}`)),
  attack('behind padding beyond the window', frame(TEXT, `{"pad":"${PAD}","action":"delete"}`)),
  attack('behind padding beyond the window, in frames', inFrames(`{"pad":"${PAD}","action":"delete"}`, 500)),
  attack('behind space beyond the window', frame(TEXT, `${' '.repeat(3_000)}${FORBIDDEN}`)),
  attack('as if it were compressed', frame(0xc1, FORBIDDEN)),
  attack('with the second reserved bit', frame(0xa1, FORBIDDEN)),
  attack('with an opcode that nobody has', frame(0x83, FORBIDDEN)),
  attack('as a continuation of nothing', frame(0x80, FORBIDDEN)),
  attack('as a message within another', frame(0x01, '{"action":'), frame(TEXT, FORBIDDEN)),
  attack('as the rest of a message that was denied', frame(0x01, '{"action":"x'), frame(0x80, 'delete"')),
  attack('without a mask', frame(TEXT, FORBIDDEN, { isMasked: false })),
  attack(
    'with a length that is longer than it need be',
    frame(TEXT, FORBIDDEN, { length: Buffer.of(126, 0, 19) }),
  ),
  attack(
    'with a length that no frame has',
    frame(TEXT, FORBIDDEN, { length: Buffer.of(127, 0x80, 0, 0, 0, 0, 0, 0, 19) }),
  ),
  attack('in a ping', frame(0x89, FORBIDDEN)),
  attack('in a pong', frame(0x8a, FORBIDDEN)),
  attack('in a ping in two frames', frame(0x09, FORBIDDEN), frame(0x80, FORBIDDEN)),
  attack('in a ping that is too long', frame(0x89, FORBIDDEN + PAD.slice(0, 200))),
  attack(
    'in the reason of a close frame',
    frame(0x88, Buffer.concat([Buffer.of(0x0f, 0xa0), Buffer.from(FORBIDDEN)])),
  ),
  attack('behind a close frame', frame(0x88, Buffer.of(3, 0xe8)), frame(TEXT, FORBIDDEN)),
  attack(
    'as a request behind the handshake',
    Buffer.from(`POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n${FORBIDDEN}`),
  ),
  attack('behind a message of no bytes', frame(TEXT, ''), frame(BINARY, ''), frame(TEXT, FORBIDDEN)),
];
