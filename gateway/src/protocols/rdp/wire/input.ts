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

/** Most events in one message of either path. */
export const MOST_EVENTS = 255;
