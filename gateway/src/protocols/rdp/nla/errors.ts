import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link NlaError}: why Network Level Authentication did not come about. */
export type NlaErrorCode =
  /** Bytes that are no message of CredSSP, SPNEGO or NTLM, or none that may come now. */
  | 'ERR_RDP_NLA_MESSAGE'
  /** A message that is longer than any has to be. */
  | 'ERR_RDP_NLA_TOO_LONG'
  /** The peer offers no NTLMv2 with 128-bit sealing, extended session security and a fresh key: only Kerberos, say. */
  | 'ERR_RDP_NLA_MECHANISM'
  /** The peer's CredSSP is older than version 5 (CVE-2018-0886), or it changes its version on the way. */
  | 'ERR_RDP_NLA_VERSION'
  /** The user is unknown or the secret is wrong; which of them nobody is told. */
  | 'ERR_RDP_NLA_LOGON'
  /** The peer speaks through another TLS connection than this one: somebody is in between. */
  | 'ERR_RDP_NLA_BINDING'
  /** A signature or a message integrity code is wrong, missing or of another place in the sequence. */
  | 'ERR_RDP_NLA_INTEGRITY'
  /** The login is proved, and is refused for another reason: it has ended, or is for something else. */
  | 'ERR_RDP_NLA_NOT_ADMITTED'
  /** The peer refuses; the message names its NTSTATUS. */
  | 'ERR_RDP_NLA_REFUSED'
  /** This process may not use MD5: OpenSSL runs in FIPS mode, in which there is no NTLM. */
  | 'ERR_RDP_NLA_FIPS';

/** NLA failed. Messages name types, lengths and statuses, and never content: they may be told and logged. */
export class NlaError extends GatewayError<NlaErrorCode> {
  constructor(code: NlaErrorCode, message: string, source: 'downstream' | 'upstream' | 'config') {
    super(code, message, { source, publicMessage: message });
  }
}

/** The same inside of the room, where nobody knows yet which side the peer is. Never leaves the room. */
export class NlaFault extends Error {
  readonly code: NlaErrorCode;

  constructor(code: NlaErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Bytes that are not what they have to be. */
export function malformed(message: string): NlaFault {
  return new NlaFault('ERR_RDP_NLA_MESSAGE', message);
}
