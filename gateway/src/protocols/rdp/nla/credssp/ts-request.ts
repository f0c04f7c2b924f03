/** TSRequest, the message of CredSSP (MS-CSSP 2.2.1). */
import { DerReader, onlyContent } from '../der/der-reader.ts';
import { inside, integer, octetString, sequence } from '../der/der-writer.ts';
import { contextTag, TAG } from '../der/tags.ts';
import { malformed, NlaFault } from '../errors.ts';

/** The newest version. */
export const NEWEST_VERSION = 6;
/** The first that binds by a nonce, as a mend of CVE-2018-0886. */
export const FIRST_SAFE_VERSION = 5;
const OLDEST_VERSION = 2;
const NONCE_BYTES = 32;

/** One message. */
export interface TsRequest {
  readonly version: number;
  /** A token of SPNEGO or of NTLM. */
  readonly negoToken?: Buffer | undefined;
  /** Sealed TSCredentials. */
  readonly authInfo?: Buffer | undefined;
  /** Sealed binding to the TLS connection. */
  readonly pubKeyAuth?: Buffer | undefined;
  /** NTSTATUS. */
  readonly errorCode?: number | undefined;
  /** 32 bytes. */
  readonly clientNonce?: Buffer | undefined;
}

/** @throws NlaFault */
export function readTsRequest(bytes: Buffer): TsRequest {
  const fields = new DerReader(onlyContent(bytes, TAG.sequence));
  const version = new DerReader(fields.content(contextTag(0))).integer();
  if (version < OLDEST_VERSION)
    throw new NlaFault('ERR_RDP_NLA_VERSION', `the peer speaks version ${version} of CredSSP`);
  const negoTokens = fields.optionalContent(contextTag(1));
  const authInfo = fields.optionalInside(contextTag(2), TAG.octetString);
  const pubKeyAuth = fields.optionalInside(contextTag(3), TAG.octetString);
  const errorCode = fields.optionalContent(contextTag(4));
  const clientNonce = fields.optionalInside(contextTag(5), TAG.octetString);
  fields.end();
  if (clientNonce !== undefined && clientNonce.length !== NONCE_BYTES)
    throw malformed(`a nonce of ${clientNonce.length} bytes`);
  return {
    version,
    negoToken: negoTokens === undefined ? undefined : onlyNegoToken(negoTokens),
    authInfo,
    pubKeyAuth,
    errorCode: errorCode === undefined ? undefined : new DerReader(errorCode).integer(),
    clientNonce,
  };
}

/** The same in bytes. */
export function writeTsRequest(request: TsRequest): Buffer {
  const { version, negoToken, authInfo, pubKeyAuth, errorCode, clientNonce } = request;
  return sequence(
    inside(0, integer(version)),
    inside(1, negoToken && sequence(sequence(inside(0, octetString(negoToken))))),
    inside(2, authInfo && octetString(authInfo)),
    inside(3, pubKeyAuth && octetString(pubKeyAuth)),
    inside(4, errorCode === undefined ? undefined : integer(errorCode)),
    inside(5, clientNonce && octetString(clientNonce)),
  );
}

/** NegoData is a list, in which nobody ever puts more than one. */
function onlyNegoToken(negoTokens: Buffer): Buffer {
  const entry = onlyContent(onlyContent(negoTokens, TAG.sequence), TAG.sequence);
  return onlyContent(onlyContent(entry, contextTag(0)), TAG.octetString);
}
