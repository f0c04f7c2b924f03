/** The gateway's own credential in a request: where it goes, and that it does not come back (P6). */

/** What is added to what is sent, after it was judged: it is in no record. */
export interface InjectedCredential {
  /** Header, its name in lower case; or parameter of the query. */
  readonly place: 'header' | 'query';
  readonly name: string;
  readonly value: string;
  /** What must not come back. */
  readonly secret: string;
  /** A part of it that is secret by itself, as a service tells it that has read it: the password of Basic, a key without its scheme. */
  readonly inner?: string;
}

/** Shorter parts are found in what is none. */
const SHORTEST_INNER = 8;

/** `inner`, where it is long enough to be looked for. */
export function innerSecret(inner: string | undefined): Pick<InjectedCredential, 'inner'> {
  return inner === undefined || inner.length < SHORTEST_INNER ? {} : { inner };
}

/** Every text that must not come back. */
export function secretsOf({ secret, inner }: InjectedCredential): readonly string[] {
  return inner === undefined ? [secret] : [secret, inner];
}

/** Values are encoded up to here, one in the other: a redirect to a login form holds a URL in a URL in a URL. */
const MOST_ENCODINGS = 3;

/** Adds a parameter to a target whose own query the client cannot have it in. */
export function targetWith(target: string, injected: InjectedCredential | undefined): string {
  if (injected?.place !== 'query') return target;
  return `${target}${target.includes('?') ? '&' : '?'}${injected.name}=${escaped(injected.value)}`;
}

/** Whether a text, such as the fields of an answer, holds the secret: as it is, or escaped as URLs have it. */
export function repeatsSecret(text: string, injected: InjectedCredential): boolean {
  return secretsOf(injected).some((secret) => repeats(text, secret));
}

function repeats(text: string, secret: string): boolean {
  if (text.includes(secret)) return true;
  // In forms a plus is a space: that one becomes the other hides nothing.
  const sought = secret.replaceAll('+', ' ');
  let form = text;
  for (let depth = 0; ; depth += 1) {
    if (form.includes('+') || sought !== secret || depth > 0) {
      form = form.replaceAll('+', ' ');
      if (form.includes(sought)) return true;
    }
    if (depth === MOST_ENCODINGS || !form.includes('%')) return false;
    form = unescaped(form);
  }
}

/**
 * A URL, or a list of links, without the gateway's own parameter: services lead to where they were asked, their query
 * included. One of that name with another value stays.
 */
export function withoutParameter(text: string, injected: InjectedCredential): string {
  if (injected.place !== 'query') return text;
  const name = injected.name.replaceAll('.', '\\.');
  const parameter = new RegExp(`([?&])${name}=([^&#\\s"<>]*)(&?)`, 'g');
  let rest = text;
  for (;;) {
    const next = rest.replace(parameter, (whole: string, before: string, value: string, behind: string) => {
      if (!repeatsSecret(value, injected)) return whole;
      return behind === '' ? '' : before;
    });
    if (next === rest) return rest;
    rest = next;
  }
}

/** Escapes all but what is unreserved in URLs (RFC 3986 section 2.3). */
function escaped(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
