/** Variables that a client sends (RFC 4254 section 6.4): a few harmless ones are passed on, of the rest there is a record. Pure. */

/** What became of them. */
export interface Environment {
  /** Sent to the machine, which takes them or does not. */
  readonly passed: Readonly<Record<string, string>>;
  /** Names of those that go nowhere, the first few, as far as they can be shown. */
  readonly refused: readonly string[];
}

/** Nothing was sent. */
export const NO_ENVIRONMENT: Environment = { passed: {}, refused: [] };

/** The categories of a locale (XBD 8.2, locale(7)). Other names with LC_ carry whatever people agree on. */
const LOCALE =
  /^(?:LANG|LC_(?:ALL|CTYPE|COLLATE|MESSAGES|MONETARY|NUMERIC|TIME|ADDRESS|IDENTIFICATION|MEASUREMENT|NAME|PAPER|TELEPHONE))$/;

/**
 * Locales that read bytes as the gateway did. In other charsets the second byte of a character may be a backslash or a
 * quote's neighbour; a value with a slash names a file.
 */
const LOCALE_VALUE = /^(?:C|POSIX|(?:C|[a-z]{2,3}(?:_[A-Z]{2})?)\.(?:UTF-8|utf-?8)(?:@[a-z]{1,16})?)$/;
const TERM_VALUE = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

const MOST_REFUSED = 16;
const LONGEST_NAME = 64;

/** Takes one variable more. */
export function withVariable({ passed, refused }: Environment, name: string, value: string): Environment {
  if (isHarmless(name, value)) return { passed: { ...passed, [name]: value }, refused };
  const shown = name.slice(0, LONGEST_NAME).replace(/[^\x21-\x7e]/g, '?');
  if (refused.length >= MOST_REFUSED || refused.includes(shown)) return { passed, refused };
  return { passed, refused: [...refused, shown] };
}

function isHarmless(name: string, value: string): boolean {
  return name === 'TERM' ? TERM_VALUE.test(value) : LOCALE.test(name) && LOCALE_VALUE.test(value);
}
