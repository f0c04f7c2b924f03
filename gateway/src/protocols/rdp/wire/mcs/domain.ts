/** Messages of an MCS domain (T.125 section 7, in PER): users, channels and the data on them. */
import { ByteReader } from '../byte-reader.ts';
import { uint16be } from '../byte-writer.ts';
import type { RdpWireError, RdpWireSource } from '../errors.ts';
import { readPerLength, writePerLength } from '../per.ts';
import { readDataHeader, writeDataTpkt } from '../tpkt.ts';

/** Least id of a user: ids of users are written as the difference to it. */
const USER_BASE = 1001;

/** Why one side ends the connection (T.125 section 7, Reason). */
export const DISCONNECT_REASON = { PROVIDER_INITIATED: 1, USER_REQUESTED: 3 } as const;

/** Data on a channel, from a client (request) or from a server (indication). */
export interface ChannelData {
  readonly kind: 'data';
  readonly initiator: number;
  readonly channel: number;
  /** A view of the packet. */
  readonly data: Buffer;
}

/** A message of a domain. */
export type DomainMessage =
  | { readonly kind: 'erect-domain' }
  | { readonly kind: 'attach-user' }
  | { readonly kind: 'attached'; readonly result: number; readonly user: number }
  | { readonly kind: 'join'; readonly user: number; readonly channel: number }
  | { readonly kind: 'joined'; readonly result: number; readonly user: number; readonly channel: number }
  | { readonly kind: 'disconnect'; readonly reason: number }
  | ChannelData;

/** Choices of DomainMCSPDU. */
const CHOICE = {
  ERECT_DOMAIN: 1,
  DISCONNECT: 8,
  ATTACH_USER: 10,
  ATTACHED: 11,
  JOIN: 14,
  JOINED: 15,
  SEND_REQUEST: 25,
  SEND_INDICATION: 26,
} as const;

/** Optional fields are there: the initiator of a confirm, the channel of a join. */
const PRESENT = 2;
/** Priority high, whole message. */
const WHOLE = 0x70;
const SEGMENTATION_MASK = 0x30;
/** Two numbers of up to four bytes, each with its length. */
const MOST_HEIGHT_BYTES = 10;

/**
 * Reads a packet behind the connect messages. @param source the side that sent it
 * @throws RdpWireError for what that side does not send, and for data in segments
 */
export function readDomainMessage(packet: Buffer, source: 'downstream' | 'upstream'): DomainMessage {
  const reader = new ByteReader(packet, 'MCS', source);
  readDataHeader(reader);
  const first = reader.uint8();
  const message = source === 'downstream' ? readFromClient(first, reader) : readFromServer(first, reader);
  reader.end();
  return message;
}

function readFromClient(first: number, reader: ByteReader): DomainMessage {
  switch (first >> 2) {
    case CHOICE.SEND_REQUEST:
      return readData(reader);
    case CHOICE.ERECT_DOMAIN:
      // Two heights that nothing hangs on. rdesktop writes them as two words, in place of numbers with their lengths.
      if (reader.left > MOST_HEIGHT_BYTES) throw reader.error('ERR_RDP_LENGTH', 'heights of a domain');
      reader.rest();
      return { kind: 'erect-domain' };
    case CHOICE.ATTACH_USER:
      return { kind: 'attach-user' };
    case CHOICE.JOIN:
      return { kind: 'join', user: readUser(reader), channel: reader.uint16be() };
    case CHOICE.DISCONNECT:
      return readDisconnect(first, reader);
    default:
      throw unknown(first, reader);
  }
}

function readFromServer(first: number, reader: ByteReader): DomainMessage {
  switch (first >> 2) {
    case CHOICE.SEND_INDICATION:
      return readData(reader);
    case CHOICE.ATTACHED: {
      const result = reader.uint8();
      const user = (first & PRESENT) === 0 ? 0 : readUser(reader);
      return { kind: 'attached', result, user };
    }
    case CHOICE.JOINED: {
      const result = reader.uint8();
      const user = readUser(reader);
      const requested = reader.uint16be();
      const channel = (first & PRESENT) === 0 ? requested : reader.uint16be();
      return { kind: 'joined', result, user, channel };
    }
    case CHOICE.DISCONNECT:
      return readDisconnect(first, reader);
    default:
      throw unknown(first, reader);
  }
}

function readUser(reader: ByteReader): number {
  const user = USER_BASE + reader.uint16be();
  if (user > 0xffff) throw reader.error('ERR_RDP_VALUE', 'a user id over 65535');
  return user;
}

function readData(reader: ByteReader): ChannelData {
  const initiator = readUser(reader);
  const channel = reader.uint16be();
  if ((reader.uint8() & SEGMENTATION_MASK) !== SEGMENTATION_MASK)
    throw reader.error('ERR_RDP_VALUE', 'data in segments');
  const length = readPerLength(reader);
  if (length !== reader.left)
    throw reader.error('ERR_RDP_LENGTH', `${reader.left} bytes of data, ${length} by their length`);
  return { kind: 'data', initiator, channel, data: reader.rest() };
}

function readDisconnect(first: number, reader: ByteReader): DomainMessage {
  // Three bits, over the edge of the byte.
  return { kind: 'disconnect', reason: ((first & 3) << 1) | (reader.uint8() >> 7) };
}

function unknown(first: number, reader: ByteReader): RdpWireError {
  return reader.error('ERR_RDP_TYPE', `message ${first >> 2}`);
}

/** Erects the domain, of height 0. */
export function writeErectDomain(): Buffer {
  return writeDataTpkt([Buffer.from([CHOICE.ERECT_DOMAIN << 2, 1, 0, 1, 0])]);
}

export function writeAttachUser(): Buffer {
  return writeDataTpkt([Buffer.from([CHOICE.ATTACH_USER << 2])]);
}

export function writeAttached(user: number): Buffer {
  return writeDataTpkt([Buffer.from([(CHOICE.ATTACHED << 2) | PRESENT, 0]), uint16be(user - USER_BASE)]);
}

export function writeJoin(user: number, channel: number): Buffer {
  return writeDataTpkt([Buffer.from([CHOICE.JOIN << 2]), uint16be(user - USER_BASE), uint16be(channel)]);
}

/** Confirms a join. @param result 0, or why not (T.125 section 7, Result) */
export function writeJoined(user: number, channel: number, result = 0): Buffer {
  const isJoined = result === 0;
  const head = Buffer.from([(CHOICE.JOINED << 2) | (isJoined ? PRESENT : 0), result << 4]);
  const ids = [uint16be(user - USER_BASE), uint16be(channel)];
  return writeDataTpkt([head, ...ids, ...(isJoined ? [uint16be(channel)] : [])]);
}

/** Data of a client (`to` upstream) or of a server. @throws RdpWireError where it is more than a message takes */
export function writeData(
  to: Exclude<RdpWireSource, 'internal'>,
  { initiator, channel, data }: { initiator: number; channel: number; data: readonly Buffer[] },
): Buffer {
  const choice = to === 'upstream' ? CHOICE.SEND_REQUEST : CHOICE.SEND_INDICATION;
  let length = 0;
  for (const part of data) length += part.length;
  const head = [Buffer.from([choice << 2]), uint16be(initiator - USER_BASE), uint16be(channel)];
  return writeDataTpkt([...head, Buffer.from([WHOLE]), writePerLength(length), ...data]);
}

/** Disconnect Provider Ultimatum. @param reason of {@link DISCONNECT_REASON} */
export function writeDisconnect(reason: number): Buffer {
  return writeDataTpkt([Buffer.from([(CHOICE.DISCONNECT << 2) | (reason >> 1), (reason & 1) << 7])]);
}
