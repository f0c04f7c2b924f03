/** Error codes of RST_STREAM and GOAWAY (RFC 9113 section 7), as far as the gateway sends or reads them. */
export const NO_ERROR = 0x0;
export const INTERNAL_ERROR = 0x2;
export const REFUSED_STREAM = 0x7;
export const CANCEL = 0x8;
export const ENHANCE_YOUR_CALM = 0xb;
