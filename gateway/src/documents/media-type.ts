import { type Reading, read, unread } from './reading.ts';

/** A `Content-Type` (RFC 9110, 8.3.1), in lower case but for the values of parameters. */
export interface MediaType {
  /** `application/json`. */
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const LONGEST = 512;
const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[\t !#-[\]-~])*)")[ \t]*/y;

/** Reads a media type. A parameter that comes twice, or an escape inside of quotes, is refused: readers differ. */
export function readMediaType(text: string): Reading<MediaType> {
  const trimmed = text.trim();
  const essence = ESSENCE.exec(trimmed)?.[0];
  if (essence === undefined || trimmed.length > LONGEST) return unread('a content type that cannot be read');
  const parameters = new Map<string, string>();
  let at = essence.length;
  while (at < trimmed.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(trimmed);
    const name = found?.[1]?.toLowerCase();
    if (found === null || name === undefined || parameters.has(name)) {
      return unread('a content type that cannot be read');
    }
    parameters.set(name, found[2] ?? found[3] ?? '');
    at += found[0].length;
  }
  return read({ essence: essence.toLowerCase(), parameters });
}

/** Whether it is JSON: `application/json`, or a type with the suffix `+json` (RFC 6839). */
export function isJson({ essence }: MediaType): boolean {
  return essence === 'application/json' || /^[^/]+\/[^/]+\+json$/.test(essence);
}
