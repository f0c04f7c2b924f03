/** Hides the gateway's credential in a body of a service that repeats it (P6): each byte of it becomes `*`, so no length changes. */

import { type InjectedCredential, secretsOf } from './injected-credential.ts';

/** Shorter secrets are found in what is none. */
const SHORTEST = 8;
/** So many bytes are looked for at once: a shorter beginning is found in everything. */
const ANCHOR = 4;
const STAR = 0x2a;
const EMPTY = Buffer.alloc(0);

/** Hides one secret in one body, piece by piece. */
export class SecretFilter {
  readonly #forms: readonly Buffer[];
  /** The end of what came, which may be the beginning of the secret. */
  #held: Buffer = EMPTY;
  /** How often it was found. */
  found = 0;

  /** @param forms of the secret, from {@link secretForms} */
  constructor(forms: readonly Buffer[]) {
    this.#forms = forms;
  }

  /** Takes a piece; what can be handed out. The piece itself is not changed. */
  push(piece: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const clean = this.#hide(bytes);
    const end = this.#clearEnd(clean);
    this.#held = end === clean.length ? EMPTY : Buffer.from(clean.subarray(end));
    return clean.subarray(0, end);
  }

  /** The body is complete: what was held is the beginning of nothing. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = EMPTY;
    return rest;
  }

  #hide(bytes: Buffer): Buffer {
    let clean = bytes;
    for (const form of this.#forms) {
      for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + form.length)) {
        // The piece may belong to a buffer that others read.
        if (clean === bytes) clean = Buffer.from(bytes);
        clean.fill(STAR, at, at + form.length);
        this.found += 1;
      }
    }
    return clean;
  }

  /** Where an end begins that may go on to be the secret. */
  #clearEnd(bytes: Buffer): number {
    let clear = bytes.length;
    for (const form of this.#forms) {
      const anchor = form.subarray(0, ANCHOR);
      const tail = Math.max(0, bytes.length - ANCHOR + 1);
      let at = bytes.indexOf(anchor, Math.max(0, bytes.length - form.length + 1));
      while (at !== -1 && at < clear && !beginsAt(form, bytes, at)) at = bytes.indexOf(anchor, at + 1);
      // Behind the last place for the anchor there is only part of it.
      for (let end = tail; at === -1 && end < bytes.length; end += 1)
        if (beginsAt(form, bytes, end)) at = end;
      if (at !== -1) clear = Math.min(clear, at);
    }
    return clear;
  }
}

/** Whether all that there is from a place on is the beginning of a form. */
function beginsAt(form: Buffer, bytes: Buffer, at: number): boolean {
  return bytes.compare(form, 0, Math.min(form.length, bytes.length - at), at) === 0;
}

const known = new WeakMap<InjectedCredential, readonly Buffer[]>();

/** What holds no text: pictures, archives, bytes. Downloads are long, and no service writes what it was asked with into them. */
const BINARY =
  /^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/(?:octet-stream|zip|gzip|pdf|wasm|x-tar)\b)/i;

/** Whether a body of this type is looked through. */
export function mayHoldSecret(contentType: string | undefined): boolean {
  return contentType === undefined || !BINARY.test(contentType);
}

/** Makes the filter of one body; undefined where there is nothing to look for. */
export function secretFilter(
  injected: InjectedCredential | undefined,
  contentType: string | undefined,
): SecretFilter | undefined {
  if (injected === undefined || !mayHoldSecret(contentType)) return undefined;
  const forms = known.get(injected) ?? secretsOf(injected).flatMap(secretForms);
  known.set(injected, forms);
  return forms.length === 0 ? undefined : new SecretFilter(forms);
}

/** A secret as documents write it: as it is, escaped for URLs, for JSON as several writers have it, and for HTML. None of a short one. */
export function secretForms(secret: string): readonly Buffer[] {
  if (secret.length < SHORTEST) return [];
  const inUrl = encodeURIComponent(secret);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    inUrl,
    inUrl.replace(/%../g, (escape) => escape.toLowerCase()),
    inUrl.replaceAll('%20', '+'),
    inJson,
    inJson.replaceAll('/', '\\/'),
    inJson.replace(/[<>&='+]/g, unicodeEscape),
    inJson.replace(/[<>&]/g, unicodeEscape),
    secret.replace(/[&<>"']/g, (character) => HTML[character] ?? character),
  ];
  return [...new Set(forms)].map((form) => Buffer.from(form, 'latin1'));
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
