/** Flags of a negotiation (MS-NLMP 2.2.2.5), as far as NTLMv2 with sealing uses them. */
export const NEGOTIATE = {
  unicode: 0x0000_0001,
  requestTarget: 0x0000_0004,
  sign: 0x0000_0010,
  seal: 0x0000_0020,
  ntlm: 0x0000_0200,
  alwaysSign: 0x0000_8000,
  targetTypeServer: 0x0002_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  strength128: 0x2000_0000,
  keyExchange: 0x4000_0000,
} as const;

/** Without these there are no Unicode names, no NTLMv2 session and no sealing of 128 bits under a key of its own. */
const REQUIRED =
  NEGOTIATE.unicode |
  NEGOTIATE.sign |
  NEGOTIATE.seal |
  NEGOTIATE.ntlm |
  NEGOTIATE.extendedSessionSecurity |
  NEGOTIATE.strength128 |
  NEGOTIATE.keyExchange;

/** What the client's first message asks for. */
export const CLIENT_FLAGS: number =
  (REQUIRED | NEGOTIATE.requestTarget | NEGOTIATE.alwaysSign | NEGOTIATE.version) >>> 0;

/** What a server agrees to, of what a client asked for. */
export function serverFlags(asked: number): number {
  const agreed = asked & (CLIENT_FLAGS | NEGOTIATE.requestTarget);
  return (agreed | NEGOTIATE.targetTypeServer | NEGOTIATE.targetInfo | NEGOTIATE.version) >>> 0;
}

/** Whether these flags give a session that CredSSP may use. */
export function areSufficient(flags: number): boolean {
  return (flags & REQUIRED) >>> 0 === REQUIRED >>> 0;
}
