/** What one head may measure. All bounds are inclusive. */
export interface HeadLimits {
  /** Bytes of the whole head, its empty line included. */
  readonly headBytes: number;
  /** Bytes of the request target (answered 414), or of the reason of a status line. */
  readonly targetBytes: number;
  /** Field lines. */
  readonly fields: number;
  /** Bytes of one field name. */
  readonly nameBytes: number;
  /**
   * Whether field names may hold an underscore. Many servers read it as a dash (CGI), so that `content_length` or
   * `x_forwarded_uri` would mean there what was not judged here (CVE-2025-64484).
   */
  readonly underscores: boolean;
}

/** What clients may send unless the config says otherwise; other gateways are near it (8 to 64 KiB, 100 fields). */
export const REQUEST_LIMITS: HeadLimits = {
  headBytes: 32_768,
  targetBytes: 8192,
  fields: 100,
  nameBytes: 128,
  underscores: false,
};

/** What resources may send: large cookies and policies are more common here. */
export const RESPONSE_LIMITS: HeadLimits = {
  headBytes: 65_536,
  targetBytes: 512,
  fields: 200,
  nameBytes: 128,
  underscores: true,
};

/** What trailer sections may measure, either way. */
export const TRAILER_LIMITS: HeadLimits = {
  headBytes: 8192,
  targetBytes: 0,
  fields: 32,
  nameBytes: 128,
  underscores: false,
};
