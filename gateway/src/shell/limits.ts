/**
 * Bytes of a command text. Linux hands no longer argument to a program (MAX_ARG_STRLEN, 32 pages with the final NUL), so
 * that sshd could not pass a longer one to the shell of the account.
 */
export const MOST_BYTES = 131_071;

/** How deep constructs, substitutions and texts for other shells may nest, together. */
export const MOST_DEPTH = 24;

/** Simple commands of one text, with those in texts for other shells. */
export const MOST_COMMANDS = 256;

/** Beginnings of expansions and here-documents in one text: what the parser may have to look for the end of. */
export const MOST_OPENINGS = 2000;

/** Redirections of one command. */
export const MOST_REDIRECTIONS = 64;

/** Words of one simple command, braces expanded. */
export const MOST_WORDS = 4096;
