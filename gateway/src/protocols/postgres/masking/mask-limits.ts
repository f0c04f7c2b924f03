/** Bounds of the response masker, each for one session. */
export interface MaskLimits {
  /** Longest value that is read to be masked; a longer one is replaced unread, by NULL. Bytes. */
  readonly valueBytes: number;
  /** How much of a row is held that does not come in one chunk, while its length is not decided. Bytes. */
  readonly heldRowBytes: number;
}

/** What holds unless the configuration says otherwise: with both, a session holds at most some 2 MiB. */
export const DEFAULT_MASK_LIMITS: MaskLimits = { valueBytes: 1_048_576, heldRowBytes: 1_048_576 };
