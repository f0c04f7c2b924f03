/**
 * What a value is made of, as far as its replacement has to know. `code` is letters and digits of a fixed form,
 * `opaque` is what has no form worth keeping: keys, tokens, passwords.
 */
export type ValueKind =
  | 'text'
  | 'email'
  | 'digits'
  | 'card'
  | 'iban'
  | 'code'
  | 'uuid'
  | 'ip'
  | 'mac'
  | 'date'
  | 'opaque';

const BY_DETECTOR: Readonly<Record<string, ValueKind>> = {
  email: 'email',
  phone: 'digits',
  card: 'card',
  iban: 'iban',
  ip: 'ip',
  mac: 'mac',
  'date-of-birth': 'date',
  jwt: 'opaque',
  'api-key': 'opaque',
  'private-key': 'opaque',
  'url-credentials': 'opaque',
  secret: 'opaque',
};

const LETTERED = new Set(['es-dni', 'it-codice-fiscale', 'uk-nino', 'fi-hetu', 'cn-resident-id']);

/** Kind of what a detector finds; own patterns give text. */
export function kindOfDetector(detector: string): ValueKind {
  return (
    BY_DETECTOR[detector] ??
    (LETTERED.has(detector) ? 'code' : /^[a-z]{2}-/.test(detector) ? 'digits' : 'text')
  );
}

/**
 * Forms of whole values in the order in which they are tried, each with what must hold of its length and first
 * character: most values are told by these alone.
 */
const FORMS: readonly Form[] = [
  {
    kind: 'uuid',
    may: (length) => length >= 36 && length <= 38,
    form: /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i,
  },
  { kind: 'date', may: (length) => length === 10, form: /^\d{4}-\d{2}-\d{2}$/ },
  { kind: 'ip', may: (length, first) => length <= 15 && isDigit(first), form: /^\d{1,3}(?:\.\d{1,3}){3}$/ },
  { kind: 'mac', may: (length) => length === 17, form: /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i },
  {
    kind: 'iban',
    may: (length, first) => length >= 7 && first >= 0x41 && first <= 0x5a,
    form: /^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}$/,
  },
  {
    kind: 'digits',
    may: (_, first) => isDigit(first) || first === 0x2b || first === 0x28,
    form: /^\+?[(]?\d[\d ()./-]*$/,
  },
];

interface Form {
  readonly kind: ValueKind;
  readonly may: (length: number, first: number) => boolean;
  readonly form: RegExp;
}

/** The one form with an `@` in it. */
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@.]{2,63}$/;
const LONGEST = 400;

/** Kind of a whole value, by its form. */
export function kindOfText(value: string): ValueKind {
  if (value.length > LONGEST) {
    return 'text';
  }
  const trimmed = value.trim();
  if (trimmed.includes('@')) {
    return EMAIL.test(trimmed) ? 'email' : 'text';
  }
  const first = trimmed.charCodeAt(0);
  for (const { kind, may, form } of FORMS) {
    if (may(trimmed.length, first) && form.test(trimmed)) {
      return kind;
    }
  }
  return 'text';
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
