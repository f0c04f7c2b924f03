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

const FORMS: readonly (readonly [ValueKind, RegExp])[] = [
  ['uuid', /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i],
  ['email', /^[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@.]{2,63}$/],
  ['date', /^\d{4}-\d{2}-\d{2}$/],
  ['ip', /^\d{1,3}(?:\.\d{1,3}){3}$/],
  ['mac', /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i],
  ['iban', /^[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}$/],
  ['digits', /^\+?[(]?\d[\d ()./-]*$/],
];

/** Kind of a whole value, by its form. */
export function kindOfText(value: string): ValueKind {
  const trimmed = value.length > 400 ? '' : value.trim();
  return FORMS.find(([, form]) => form.test(trimmed))?.[0] ?? 'text';
}
