/** Headers of the console's pages and files. */

/**
 * Nothing runs and nothing is drawn but what the gateway serves itself; the nonce is for the style sheets that the
 * components write as the page runs. Whatever recorded data tries, it is text (and trusted types hold the pages to that).
 * The terminal player is WebAssembly, which needs a word of its own and opens no other door: eval stays shut. Its controls are
 * markup that stands in its source, and go through the one policy by that name (console/build/player-markup.ts).
 */
export function pageHeaders(nonce: string, host: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types terminal-player',
  ];
  return {
    ...fileHeaders(host),
    'cache-control': 'no-store',
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'x-frame-options': 'DENY',
  };
}

/** Headers of everything that the console serves. */
export function fileHeaders(host: string): Readonly<Record<string, string>> {
  return {
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(isLocal(host) ? {} : { 'strict-transport-security': 'max-age=31536000' }),
  };
}

/** RFC 6797 section 8.1.1 leaves addresses out; for localhost it would turn off every plain server of a developer. */
function isLocal(host: string): boolean {
  return /^(localhost|\[|[0-9.]+(:|$))/i.test(host);
}
