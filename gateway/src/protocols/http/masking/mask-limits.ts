/** Bounds of the masks of one response, in bytes. */
export interface MaskLimits {
  /** Longest value that is held to be looked at; a longer one is replaced unread. Also the longest event and XML document. */
  readonly valueBytes: number;
  /** Plain text is looked at in windows of this size. */
  readonly windowBytes: number;
}

/** What holds unless the configuration says otherwise. */
export const DEFAULT_MASK_LIMITS: MaskLimits = { valueBytes: 1_048_576, windowBytes: 65_536 };

/** Names and plain words that are longer make a document unreadable. */
export const LONGEST_NAME = 65_536;
