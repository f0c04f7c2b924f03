/** RFC 6455 section 5.2; all others are reserved. */
export const Opcode = {
  Continuation: 0,
  Text: 1,
  Binary: 2,
  Close: 8,
  Ping: 9,
  Pong: 10,
} as const;

/** Opcodes from here on are control frames. */
export const FIRST_CONTROL = 8;

/** Most payload bytes of a control frame. */
export const MOST_CONTROL_BYTES = 125;

const KNOWN = new Set<number>(Object.values(Opcode));

/** Whether an opcode has a meaning. */
export function isKnownOpcode(opcode: number): boolean {
  return KNOWN.has(opcode);
}
