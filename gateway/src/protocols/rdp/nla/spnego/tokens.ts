/** Tokens of SPNEGO (RFC 4178 section 4.2; RFC 2743 section 3.1 for their wrapping). */
import { DerReader, onlyContent } from '../der/der-reader.ts';
import { der, inside, octetString, sequence } from '../der/der-writer.ts';
import { contextTag, TAG } from '../der/tags.ts';
import { malformed } from '../errors.ts';

/** Contents of object identifiers. */
const SPNEGO = Buffer.from('2b0601050502', 'hex');
/** 1.3.6.1.4.1.311.2.2.10 */
export const NTLMSSP: Buffer = Buffer.from('2b06010401823702020a', 'hex');

const MOST_MECHANISMS = 32;

/** Values of `negState`. */
export const NEG_STATE = { completed: 0, incomplete: 1, reject: 2, requestMic: 3 } as const;

/** The client's first token. */
export interface NegTokenInit {
  /** The SEQUENCE OF as it was sent: what the integrity codes of the list are over. */
  readonly mechTypes: Buffer;
  /** Contents of its object identifiers, the preferred one first. */
  readonly mechanisms: readonly Buffer[];
  /** For the preferred mechanism. */
  readonly mechToken: Buffer | undefined;
}

/** Whether a token is the first of a negotiation. */
export function isNegTokenInit(token: Buffer): boolean {
  return token[0] === TAG.application0;
}

/** @throws NlaFault */
export function readNegTokenInit(token: Buffer): NegTokenInit {
  const outer = new DerReader(onlyContent(token, TAG.application0));
  if (!outer.content(TAG.objectIdentifier).equals(SPNEGO)) throw malformed('a token that is none of SPNEGO');
  const fields = new DerReader(onlyContent(outer.content(contextTag(0)), TAG.sequence));
  outer.end();
  const mechTypes = fields.content(contextTag(0));
  const list = new DerReader(onlyContent(mechTypes, TAG.sequence));
  const mechanisms: Buffer[] = [];
  while (!list.isAtEnd) {
    if (mechanisms.length === MOST_MECHANISMS) throw malformed('too many mechanisms');
    mechanisms.push(list.content(TAG.objectIdentifier));
  }
  // reqFlags, which nobody heeds; then, in another profile of SPNEGO, hints in place of the integrity code.
  fields.optionalInside(contextTag(1), TAG.bitString);
  const mechToken = fields.optionalInside(contextTag(2), TAG.octetString);
  fields.optionalContent(contextTag(3));
  fields.end();
  return { mechTypes, mechanisms, mechToken };
}

/** A later token, of either side. */
export interface NegTokenResp {
  readonly state?: number | undefined;
  /** Content of an object identifier. */
  readonly mechanism?: Buffer | undefined;
  readonly responseToken?: Buffer | undefined;
  readonly mechListMic?: Buffer | undefined;
}

/** @throws NlaFault */
export function readNegTokenResp(token: Buffer): NegTokenResp {
  const fields = new DerReader(onlyContent(onlyContent(token, contextTag(1)), TAG.sequence));
  const state = fields.optionalInside(contextTag(0), TAG.enumerated);
  if (state !== undefined && state.length !== 1) throw malformed('a state of negotiation that is none');
  const read = {
    state: state?.[0],
    mechanism: fields.optionalInside(contextTag(1), TAG.objectIdentifier),
    responseToken: fields.optionalInside(contextTag(2), TAG.octetString),
    mechListMic: fields.optionalInside(contextTag(3), TAG.octetString),
  };
  fields.end();
  return read;
}

/** The same in bytes. */
export function writeNegTokenResp({ state, mechanism, responseToken, mechListMic }: NegTokenResp): Buffer {
  const parts = sequence(
    inside(0, state === undefined ? undefined : der(TAG.enumerated, Buffer.from([state]))),
    inside(1, mechanism && der(TAG.objectIdentifier, mechanism)),
    inside(2, responseToken && octetString(responseToken)),
    inside(3, mechListMic && octetString(mechListMic)),
  );
  return der(contextTag(1), parts);
}
