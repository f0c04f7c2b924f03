/** The client's answer to a challenge (MS-NLMP 3.3.2). */
import { type AvPairs, writeAvPairs } from './av-pairs.ts';
import { hmacMd5, proofOf } from './keys.ts';

/** What an answer is made of. */
export interface ResponseParts {
  /** NTOWFv2, which LMOWFv2 is the same as. */
  readonly key: Uint8Array;
  /** 8 bytes each. */
  readonly serverChallenge: Uint8Array;
  readonly clientChallenge: Uint8Array;
  /** FILETIME. */
  readonly timestamp: Uint8Array;
  readonly attributes: AvPairs;
}

/** An answer, and the key that comes of it. */
export interface Response {
  readonly ntResponse: Buffer;
  /** SessionBaseKey, which is the KeyExchangeKey too. */
  readonly sessionBaseKey: Buffer;
}

/** NTLMv2_RESPONSE. */
export function ntlmv2Response(parts: ResponseParts): Response {
  const { key, serverChallenge, clientChallenge, timestamp, attributes } = parts;
  const blob = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    timestamp,
    clientChallenge,
    Buffer.alloc(4),
    writeAvPairs(attributes),
    Buffer.alloc(4),
  ]);
  const proof = proofOf(key, serverChallenge, blob);
  return { ntResponse: Buffer.concat([proof, blob]), sessionBaseKey: hmacMd5(key, proof) };
}

/** LMv2_RESPONSE, for servers that name no time. */
export function lmv2Response({ key, serverChallenge, clientChallenge }: ResponseParts): Buffer {
  return Buffer.concat([hmacMd5(key, serverChallenge, clientChallenge), clientChallenge]);
}
