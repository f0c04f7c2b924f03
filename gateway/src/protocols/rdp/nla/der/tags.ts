/** Tags that CredSSP and SPNEGO use (ITU-T X.690 section 8.1.2). */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  /** `[APPLICATION 0]`, constructed: a token of GSS-API (RFC 2743 section 3.1). */
  application0: 0x60,
} as const;

/** Tag of `[number]` around a value. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}
