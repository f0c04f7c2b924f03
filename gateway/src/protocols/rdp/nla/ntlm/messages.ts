/** The three messages of NTLM (MS-NLMP 2.2.1), as far as NTLMv2 uses them. */
import { malformed } from '../errors.ts';
import { type AvPairs, readAvPairs, writeAvPairs } from './av-pairs.ts';
import { checkHead, newHead, readField, VERSION_BYTES, withFields } from './fields.ts';

const TYPE = { negotiate: 1, challenge: 2, authenticate: 3 } as const;
const NEGOTIATE_FIXED = 32;
const CHALLENGE_FIXED = 48;
const AUTHENTICATE_FIXED = 64;
/** Where the integrity code of an AUTHENTICATE_MESSAGE is, and where its payload begins then. */
const MIC_AT = 72;
export const MIC_BYTES = 16;
const AUTHENTICATE_WITH_MIC = MIC_AT + MIC_BYTES;
const PROOF_BYTES = 16;
/** NTLMv2_CLIENT_CHALLENGE up to its attributes (2.2.2.7). */
const CLIENT_CHALLENGE_FIXED = 28;

/** The flags that a client asks for. @throws NlaFault */
export function readNegotiate(message: Buffer): number {
  checkHead(message, TYPE.negotiate, 16);
  return message.readUInt32LE(12);
}

/** NEGOTIATE_MESSAGE without the names of domain and workstation. */
export function writeNegotiate(flags: number): Buffer {
  const head = newHead(TYPE.negotiate, NEGOTIATE_FIXED + VERSION_BYTES.length);
  head.writeUInt32LE(flags, 12);
  VERSION_BYTES.copy(head, NEGOTIATE_FIXED);
  return head;
}

/** CHALLENGE_MESSAGE. */
export interface Challenge {
  readonly flags: number;
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  readonly targetName: string;
  readonly targetInfo: AvPairs;
}

/** @throws NlaFault */
export function readChallenge(message: Buffer): Omit<Challenge, 'targetName'> {
  checkHead(message, TYPE.challenge, CHALLENGE_FIXED);
  const { pairs } = readAvPairs(readField(message, 40, CHALLENGE_FIXED));
  return {
    flags: message.readUInt32LE(20),
    serverChallenge: message.subarray(24, 32),
    targetInfo: pairs,
  };
}

/** CHALLENGE_MESSAGE in bytes. */
export function writeChallenge({ flags, serverChallenge, targetName, targetInfo }: Challenge): Buffer {
  const head = newHead(TYPE.challenge, CHALLENGE_FIXED + VERSION_BYTES.length);
  head.writeUInt32LE(flags, 20);
  serverChallenge.copy(head, 24);
  VERSION_BYTES.copy(head, CHALLENGE_FIXED);
  return withFields(head, [
    [12, Buffer.from(targetName, 'utf16le')],
    [40, writeAvPairs(targetInfo)],
  ]);
}

/** AUTHENTICATE_MESSAGE with an NTLMv2 response. */
export interface Authenticate {
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  /** The proof of the secret, 16 bytes. */
  readonly proof: Buffer;
  /** NTLMv2_CLIENT_CHALLENGE, which the proof is over. */
  readonly clientChallenge: Buffer;
  readonly attributes: AvPairs;
  /** The session key under the key of the exchange, 16 bytes. */
  readonly encryptedKey: Buffer;
  readonly mic: Buffer | undefined;
}

/** Reads one; `mic` is what stands in its place, whether or not the attributes promise one. @throws NlaFault */
export function readAuthenticate(message: Buffer): Authenticate {
  checkHead(message, TYPE.authenticate, AUTHENTICATE_FIXED);
  const response = readField(message, 20, AUTHENTICATE_FIXED);
  if (response.length < PROOF_BYTES + CLIENT_CHALLENGE_FIXED)
    throw malformed(`a response of ${response.length} bytes, which is none of NTLMv2`);
  const clientChallenge = response.subarray(PROOF_BYTES);
  // RespType and HiRespType.
  if (clientChallenge[0] !== 1 || clientChallenge[1] !== 1)
    throw malformed('a response of another version than NTLMv2');
  const encryptedKey = readField(message, 52, AUTHENTICATE_FIXED);
  return {
    flags: message.readUInt32LE(60),
    domain: text(readField(message, 28, AUTHENTICATE_FIXED)),
    user: text(readField(message, 36, AUTHENTICATE_FIXED)),
    proof: response.subarray(0, PROOF_BYTES),
    clientChallenge,
    attributes: readAvPairs(clientChallenge.subarray(CLIENT_CHALLENGE_FIXED)).pairs,
    encryptedKey,
    mic: message.length < AUTHENTICATE_WITH_MIC ? undefined : message.subarray(MIC_AT, AUTHENTICATE_WITH_MIC),
  };
}

/** What a client's AUTHENTICATE_MESSAGE is made of. */
export interface AuthenticateParts {
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly lmResponse: Buffer;
  readonly ntResponse: Buffer;
  readonly encryptedKey: Buffer;
}

/** AUTHENTICATE_MESSAGE with zeros in place of its integrity code. */
export function writeAuthenticate(parts: AuthenticateParts): Buffer {
  const head = newHead(TYPE.authenticate, AUTHENTICATE_WITH_MIC);
  head.writeUInt32LE(parts.flags, 60);
  VERSION_BYTES.copy(head, AUTHENTICATE_FIXED);
  return withFields(head, [
    [28, Buffer.from(parts.domain, 'utf16le')],
    [36, Buffer.from(parts.user, 'utf16le')],
    [44, Buffer.from(parts.workstation, 'utf16le')],
    [12, parts.lmResponse],
    [20, parts.ntResponse],
    [52, parts.encryptedKey],
  ]);
}

/** The message with this integrity code, or with zeros, over which the code is made. */
export function withMicOf(message: Buffer, mic: Buffer = Buffer.alloc(MIC_BYTES)): Buffer {
  const changed = Buffer.from(message);
  mic.copy(changed, MIC_AT);
  return changed;
}

function text(bytes: Buffer): string {
  if (bytes.length % 2 !== 0) throw malformed('a name that is no UTF-16');
  return bytes.toString('utf16le');
}
