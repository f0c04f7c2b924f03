/** Most digits that a number is looked at for; the longest scheme has 19. */
export const DIGIT_CAPACITY = 64;

/** Calls of slow validators (phone numbers) for one text, beside one for each {@link BYTES_PER_CALL} bytes of it. */
export const SLOW_CALLS = 64;
export const BYTES_PER_CALL = 64;

/** Longest token that is looked at for secrets as a whole, in bytes; a longer one is looked at in pieces. */
export const LONGEST_TOKEN = 16_384;
/** How far pieces overlap: no key with a format is longer, and a JWT runs to the end of its token. */
export const TOKEN_OVERLAP = 1024;

/** Most bytes that an e-mail address or a user name and password in a URL may have to one side. */
export const LONGEST_SIDE = 320;
