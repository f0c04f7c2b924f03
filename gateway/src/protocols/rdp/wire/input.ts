/** Keys and mouse, by either path ([MS-RDPBCGR] 2.2.8.1.1.3, 2.2.8.1.2). */

/** Something that a user did, or what a client says of its keyboard. */
export type InputEvent =
  | {
      readonly kind: 'key';
      /** Scancode of set 1, without its prefix. */
      readonly code: number;
      readonly isUp: boolean;
      /** Prefix E0, or E1. */
      readonly prefix: 0 | 0xe0 | 0xe1;
    }
  /** A UTF-16 unit. */
  | { readonly kind: 'unicode'; readonly code: number; readonly isUp: boolean }
  /** Pointer flags of [MS-RDPBCGR] 2.2.8.1.1.3.1.1.3; pixels. */
  | { readonly kind: 'mouse'; readonly flags: number; readonly x: number; readonly y: number }
  /** Further buttons: flags of 2.2.8.1.1.3.1.1.4. */
  | { readonly kind: 'mouse-extended'; readonly flags: number; readonly x: number; readonly y: number }
  /** Toggled keys: bits for scroll, num, caps and kana lock. */
  | { readonly kind: 'synchronize'; readonly toggles: number }
  /** What the gateway steps over: a quality report. */
  | { readonly kind: 'other' };

/**
 * Bits of a scancode that machines go by: in set 1 the eighth is that of a release, which both paths tell by a flag. A key with it
 * writes on xrdp what it writes without (`scan_code % 128`), and Windows masks it too.
 */
export const CODE_MASK = 0x7f;
/** Toggled keys: caps lock ([MS-RDPBCGR] 2.2.8.1.1.3.1.1.5). */
export const CAPS_LOCK_TOGGLED = 0x04;

/** Most events in one message of either path. */
export const MOST_EVENTS = 255;
