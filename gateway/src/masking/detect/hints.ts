/** What the name of a column, a key or the words before a value may say about it. */
export type Hint =
  | 'phone'
  | 'card'
  | 'birth'
  | 'secret'
  | 'iban'
  | 'ip'
  | 'mac'
  /** An identity number of a person, of whatever country. */
  | 'national-id'
  /** A number that somebody counts things by: order, invoice, article. It speaks against what looks like a phone. */
  | 'reference'
  | 'version';

/**
 * Words of each hint, after camelCase is split and signs became spaces. German, French, Spanish, Italian, Dutch,
 * Portuguese and Polish besides English, because columns are named so.
 */
const WORDS: Readonly<Record<Hint, RegExp>> = {
  phone:
    /\b(?:tele?phones?|phones?|tel|mobiles?|mobil|cell(?:phone)?|fax|handy|whats ?app|sms|call|msisdn|telefono?|telefon(?:nummer)?|telefone|celular|movil|portable|telefoon|komorka|rufnummer)\b/,
  card: /\b(?:cards?|credit ?card|debit|visa|master ?card|amex|pan|cc|ccn|kreditkarte|carte|tarjeta|carta|kaart|karta)\b/,
  birth:
    /\b(?:dob|d o b|born|birth(?:day|date)?|birthdays?|geb|geboren|geburt(?:stag|sdatum)?|naissance|nee|nacimiento|nascita|nato|nata|geboortedatum|nascimento|urodzenia)\b/,
  secret:
    /\b(?:secrets?|passw(?:or)?d|passwort|passphrase|pwd|token|api ?key|access ?key|private ?key|signing ?key|encryption ?key|account ?key|client ?secret|credentials?|bearer|auth(?:orization)?|contrasena|mot de passe)\b/,
  iban: /\b(?:iban|bank ?account|kontonummer|konto|account ?number|compte)\b/,
  ip: /\b(?:ip|ip ?address|ipv[46]|inet|host|client ?addr|remote ?addr(?:ess)?)\b/,
  mac: /\b(?:mac|mac ?address|hw ?addr|hardware ?address|bssid)\b/,
  'national-id':
    /\b(?:ssn|social security|social insurance|sin|itin|tin|tax ?id|taxpayer|tax ?number|national ?(?:id|insurance|number)|nino|nhs|steuer ?(?:id|idnr|identifikationsnummer|nummer)|idnr|idnummer|identity ?(?:number|card)|id ?number|personal ?(?:id|number)|personnummer|personennummer|fodselsnummer|fnr|cpr|hetu|henkilotunnus|bsn|burgerservicenummer|sofi ?nummer|rijksregisternummer|registre national|niss|insz|rrn|pesel|cpf|contribuinte|nif|dni|nie|nir|insee|securite sociale|secu|codice fiscale|ahv|avs|sozialversicherung(?:snummer)?|aadhaar|aadhar|uidai|citizen ?id|resident ?id|shenfenzheng)\b/,
  reference:
    /\b(?:orders?|order ?(?:id|no|number)|invoices?|inv|ref|reference|tracking|shipment|parcel|article|item|sku|isbn|ean|upc|gtin|serial|ticket|case|batch|lot|transaction|txn|trace|request|bestell(?:ung|nummer)?|rechnung(?:snummer)?|commande|facture|pedido|factura|part ?(?:no|number)|model|version|build|rev(?:ision)?|commit|checksum|id)\b/,
  version:
    /\b(?:v|ver|versions?|release|build|rev|upgrade[ds]?|downgraded?|sdk|firmware|schema|section|chapter|clause)\b/,
};

const NAMES = Object.keys(WORDS) as Hint[];
const BITS = new Map(NAMES.map((name, index) => [name, 1 << index]));

/** The words of all hints, for what looks at their beginnings. */
export const HINT_FORMS: readonly RegExp[] = Object.values(WORDS);

/** Says whether hints hold one. */
export function hasHint(hints: number, hint: Hint): boolean {
  return (hints & (BITS.get(hint) ?? 0)) !== 0;
}

/** A label as its words: lower case, without accents, camelCase split, signs as spaces. */
export function wordsOf(label: string): string {
  const plain = /[^\x00-\x7f]/.test(label) ? label.normalize('NFD').replace(/[\u0300-\u036f]/g, '') : label;
  return plain
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ');
}

/** Says whether words, from {@link wordsOf}, speak of something. */
export function speakOf(words: string, hint: Hint): boolean {
  return WORDS[hint].test(words);
}

/** Hints of the last part of a qualified column name, `public.customers.dateOfBirth`, as bits for {@link hasHint}. */
export function columnHints(column: string | undefined): number {
  const words = wordsOf((column ?? '').slice((column ?? '').lastIndexOf('.') + 1).slice(-200));
  let hints = 0;
  for (const hint of NAMES) {
    hints |= words !== '' && speakOf(words, hint) ? (BITS.get(hint) ?? 0) : 0;
  }
  return hints;
}
