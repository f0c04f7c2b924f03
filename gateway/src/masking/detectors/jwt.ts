import type { Detector } from '../detect/detector.ts';
import { LONGEST_TOKEN } from '../detect/limits.ts';

/** Base64url of `{"`: how every compact JWS and JWE begins whose header has no space. `ey` alone covers `{ "` too. */
const BEGINNING = /(?<![A-Za-z0-9_-])ey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){0,3}/g;

/**
 * JSON Web Tokens in compact form, JWS (RFC 7515) and JWE (RFC 7516): the first part decodes to a JSON object with an
 * `alg`. A token without its signature is one too.
 */
export const jwt: Detector = {
  name: 'jwt',
  fewestTokenBytes: 20,
  token(input, start, end) {
    const text = input.tokenText(start, end);
    if (!text.includes('ey')) {
      return;
    }
    for (const match of text.matchAll(BEGINNING)) {
      const header = match[0].slice(0, match[0].indexOf('.'));
      if (isHeader(header)) {
        const isCut = match.index + match[0].length === text.length && end - start > LONGEST_TOKEN;
        input.hit(start + match.index, isCut ? end : start + match.index + match[0].length);
      }
    }
  },
};

function isHeader(part: string): boolean {
  try {
    const header: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof header === 'object' && header !== null && 'alg' in header && typeof header.alg === 'string';
  } catch {
    return false;
  }
}
