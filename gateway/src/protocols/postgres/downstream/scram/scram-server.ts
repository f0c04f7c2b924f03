/**
 * The server side of SCRAM-SHA-256(-PLUS) (RFC 5802, RFC 7677, channel binding tls-server-end-point of RFC 5929). Pure: texts in,
 * texts out. Messages are read as Latin-1, so that what is signed is what was sent, byte by byte.
 */
import { timingSafeEqual } from 'node:crypto';
import { hmac, type ScramKeys, sha256 } from './scram-keys.ts';

/** SASL mechanisms of this server. */
export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';

/** One exchange to come. */
export interface ScramServerOptions {
  readonly keys: ScramKeys;
  /** The mechanism that the client chose. */
  readonly mechanism: ScramMechanism;
  /** Data of `tls-server-end-point`; undefined where binding was not offered. */
  readonly binding: Buffer | undefined;
  /** Fresh random bytes in Base64. */
  readonly nonce: string;
}

/** What ends an exchange before the proof is looked at. */
export type ScramFault =
  /** No message of SCRAM, or not the one that belongs here. */
  | 'malformed'
  /** Asks to act as somebody else, which is not supported. */
  | 'authzid'
  /** The client could bind the channel and believes that the server cannot: somebody changed the offer (section 6). */
  | 'downgrade'
  /** The client sees another certificate than the gateway's: somebody sits in between. */
  | 'channel';

/** A step's answer for the client, or why there is none. */
export type ScramStep<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly fault: ScramFault };

/** What a client proved. */
export interface ScramResult {
  readonly isProved: boolean;
  /** To be sent only if it is: it proves that the server knows the keys. */
  readonly serverFinal: string;
}

/** One exchange; its steps are called in order, once each. */
export interface ScramServer {
  first(clientFirst: string): ScramStep<string>;
  final(clientFinal: string): ScramStep<ScramResult>;
}

const CLIENT_FIRST =
  /^((n|y|p=([A-Za-z0-9.-]{1,64})),(a=[^,]{0,256})?,)(n=[^,\0]{0,256},r=([\x21-\x2b\x2d-\x7e]{1,256})(?:,[A-Za-z]=[^,\0]{0,256}){0,8})$/;
const CLIENT_FINAL =
  /^(c=([A-Za-z0-9+/]{4,512}={0,2}),r=([\x21-\x2b\x2d-\x7e]{1,512})(?:,[A-Za-z]=[^,\0]{0,256}){0,8}),p=([A-Za-z0-9+/]{43}=)$/;

/** Begins an exchange. */
export function createScramServer({ keys, mechanism, binding, nonce }: ScramServerOptions): ScramServer {
  let begun: { readonly header: string; readonly signed: string; readonly nonce: string } | undefined;

  return {
    first(clientFirst) {
      const match = CLIENT_FIRST.exec(clientFirst);
      const [, header = '', flag = '', type, authzid, bare = '', clientNonce = ''] = match ?? [];
      if (match === null) return fault('malformed');
      if (authzid !== undefined) return fault('authzid');
      const isBound = mechanism === 'SCRAM-SHA-256-PLUS';
      if (isBound !== (type === 'tls-server-end-point') || (!isBound && type !== undefined))
        return fault('malformed');
      if (flag === 'y' && binding !== undefined) return fault('downgrade');
      const whole = clientNonce + nonce;
      const answer = `r=${whole},s=${keys.salt.toString('base64')},i=${keys.iterations}`;
      begun = { header, signed: `${bare},${answer}`, nonce: whole };
      return { ok: true, answer };
    },
    final(clientFinal) {
      const match = CLIENT_FINAL.exec(clientFinal);
      const [, withoutProof = '', channel = '', echoed = '', proof = ''] = match ?? [];
      if (match === null || begun === undefined || echoed !== begun.nonce) return fault('malformed');
      const { header, signed } = begun;
      begun = undefined;
      const data = mechanism === 'SCRAM-SHA-256-PLUS' ? (binding ?? Buffer.alloc(0)) : Buffer.alloc(0);
      const expected = Buffer.concat([Buffer.from(header, 'latin1'), data]).toString('base64');
      if (channel !== expected) return fault('channel');
      const message = `${signed},${withoutProof}`;
      const clientKey = xor(Buffer.from(proof, 'base64'), hmac(keys.storedKey, message));
      const isProved = timingSafeEqual(sha256(clientKey), keys.storedKey);
      const signature = hmac(keys.serverKey, message).toString('base64');
      return { ok: true, answer: { isProved, serverFinal: `v=${signature}` } };
    },
  };
}

function fault(what: ScramFault): { readonly ok: false; readonly fault: ScramFault } {
  return { ok: false, fault: what };
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}
