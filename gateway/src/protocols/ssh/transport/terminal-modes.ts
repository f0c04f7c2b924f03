/**
 * The terminal modes that `ssh2` can read (RFC 4254 section 8, RFC 8160). It takes a request with one that it does not know for
 * malformed and ends the connection, and it does not know IUTF8, which OpenSSH sends. Imported before the package, which
 * makes its tables as it is loaded.
 */
// @ts-expect-error the package has no types of its own
import untyped from 'ssh2/lib/protocol/constants.js';

const modes = (untyped as { readonly TERMINAL_MODE: Record<string, number> }).TERMINAL_MODE;

/** Opcodes from 1 to 159 have one uint32 behind them, whatever they mean; with others the reading stops. */
const LAST_PLAIN_OPCODE = 159;

modes['IUTF8'] ??= 42;
const known: ReadonlySet<number> = new Set(Object.values(modes));
for (let opcode = 1; opcode <= LAST_PLAIN_OPCODE; opcode += 1) {
  if (!known.has(opcode)) modes[`OPCODE_${opcode}`] = opcode;
}

/** Names of the modes, as `ssh2` has them. */
export const MODE_NAMES: ReadonlySet<string> = new Set(
  Object.keys(modes).filter((name) => name !== 'TTY_OP_END'),
);
