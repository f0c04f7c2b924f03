import { luhnDigit, nationalValues } from './national-values.ts';
import { SeededRandom } from './random.ts';

/** A text with at most one value in it; `detector` is undefined where there is nothing to find. */
export interface Labelled {
  readonly text: string;
  readonly detector: string | undefined;
  readonly start: number;
  readonly end: number;
  /** What kind of nothing it is. */
  readonly negative?: string;
}

type Make = (random: SeededRandom) => string;
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const NAMES = [
  'alice',
  'Bob',
  'j.smith',
  'maria.garcia-lopez',
  'o_reilly',
  'x+newsletter',
  'müller',
  '张伟',
  'u123',
];
const DOMAINS = [
  'example.com',
  'mail.example.co.uk',
  'firma.de',
  'xn--bcher-kva.example',
  'a-b.io',
  'bücher.de',
];
const two = (value: number): string => String(value).padStart(2, '0');
const base64url = (text: string): string => Buffer.from(text).toString('base64url');

const card = (random: SeededRandom): string => {
  const [prefix, length, groups] = random.pick([
    ['4', 16, /(.{4})(.{4})(.{4})(.*)/],
    ['51', 16, /(.{4})(.{4})(.{4})(.*)/],
    ['2221', 16, /(.{4})(.{4})(.{4})(.*)/],
    ['37', 15, /(.{4})(.{6})()(.*)/],
    ['6011', 16, /(.{4})(.{4})(.{4})(.*)/],
    ['3530', 16, /(.{4})(.{4})(.{4})(.*)/],
    ['36', 14, /(.{4})(.{6})()(.*)/],
  ] as const);
  const body = prefix + random.digits(length - prefix.length - 1);
  const sign = random.pick(['', '', ' ', '-']);
  return (body + luhnDigit(body)).replace(groups, (_, ...parts: string[]) =>
    parts.slice(0, 4).filter(Boolean).join(sign),
  );
};

const iban = (random: SeededRandom): string => {
  const [country, account] = random.pick([
    ['DE', random.digits(18)],
    ['AT', random.digits(16)],
    ['CH', `${random.digits(5)}${random.of('ABCDEFGH0123456789', 12)}`],
    ['GB', `${random.of('ABCDEFGH', 4)}${random.digits(14)}`],
    ['LT', random.digits(16)],
    ['IE', `${random.of('ABCDEFGH', 4)}${random.digits(14)}`],
    ['GR', random.digits(23)],
  ] as const);
  const digits = [...`${account}${country}00`].map((character) => Number.parseInt(character, 36)).join('');
  const whole = `${country}${two(98 - Number(BigInt(digits) % 97n))}${account}`;
  return random.pick([whole, whole.replace(/(.{4})(?=.)/g, '$1 '), whole.toLowerCase()]);
};

const phone = (random: SeededRandom): string =>
  random.pick([
    () => `+49 30 ${random.within(200000, 999999)}`,
    () => `+1 ${random.pick(['212', '415', '617'])} 555 ${random.digits(4)}`,
    () => `+44 20 7946 0${random.digits(3)}`,
    () => `+33 1 4${random.digits(1)} ${random.digits(2)} ${random.digits(2)} ${random.digits(2)}`,
    () => `(${random.pick(['212', '415', '617'])}) 555-0${random.digits(3)}`,
    () => `${random.pick(['212', '415', '617'])}-555-${random.digits(4)}`,
    () => `phone: ␟${random.pick(['212', '415', '617'])}555${random.digits(4)}`,
    () => `+4915${random.within(11, 29)}${random.digits(7)}`,
  ])();

const key = (random: SeededRandom): string =>
  random.pick([
    () => `AKIA${random.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
    () => `ghp_${random.of(BASE62, 36)}`,
    () => `github_pat_${random.of(BASE62, 22)}_${random.of(BASE62, 59)}`,
    () => `xoxb-${random.digits(12)}-${random.digits(12)}-${random.of(BASE62, 24)}`,
    () => `sk_live_${random.of(BASE62, 24)}`,
    () => `AIza${random.of(`${BASE62}_-`, 34)}A`,
    () => `sk-ant-api03-${random.of(`${BASE62}_-`, 92)}A`,
    () => `sk-proj-${random.of(BASE62, 48)}`,
    () => `glpat-${random.of(BASE62, 20)}`,
    () => `SG.${random.of(BASE62, 22)}.${random.of(BASE62, 43)}`,
    () => `npm_${random.of(BASE62, 36)}`,
    () => `hf_${random.of(BASE62, 34)}`,
  ])();

const jwt = (random: SeededRandom): string =>
  [
    base64url(JSON.stringify({ alg: random.pick(['RS256', 'HS256', 'none']), typ: 'JWT' })),
    base64url(JSON.stringify({ sub: random.digits(6), exp: 1_700_000_000 + random.within(0, 1e8) })),
    random.of(`${BASE62}_-`, 43),
  ].join('.');

const date = (random: SeededRandom): string => {
  const [year, month, day] = [
    random.within(1930, 2010),
    two(random.within(1, 12)),
    two(random.within(1, 28)),
  ];
  return random.pick([
    `${year}-${month}-${day}`,
    `${day}.${month}.${year}`,
    `${month}/${day}/${year}`,
    `${Number(day)} March ${year}`,
    `Oct ${Number(day)}, ${year}`,
  ]);
};

/** Values of each detector. What stands before ` ␟` is a label that belongs to the text, not to the value. */
export const positives: Readonly<Record<string, Make>> = {
  email: (random) => `${random.pick(NAMES)}@${random.pick(DOMAINS)}`,
  phone,
  card,
  iban,
  ip: (random) =>
    random.pick([
      () => [10, random.within(0, 255), random.within(0, 255), random.within(1, 254)].join('.'),
      () => `2001:db8:${random.hex(4)}::${random.hex(4)}`,
      () => Array.from({ length: 8 }, () => random.hex(4)).join(':'),
      () => `fe80::${random.hex(3)}:${random.hex(4)}:${random.hex(4)}:${random.hex(4)}`,
    ])(),
  mac: (random) => {
    const pairs = [`a${random.hex(1)}`, ...Array.from({ length: 5 }, () => random.hex(2))];
    return random.pick([
      pairs.join(':'),
      pairs.join('-').toUpperCase(),
      pairs.join('').replace(/(....)(?=.)/g, '$1.'),
    ]);
  },
  jwt,
  'api-key': key,
  'private-key': (random) =>
    `-----BEGIN ${random.pick(['RSA ', 'EC ', '', 'OPENSSH '])}PRIVATE KEY-----\n${random.of(BASE62, 64)}\n${random.of(BASE62, 40)}=\n-----END PRIVATE KEY-----`,
  'url-credentials': (random) => `app:${random.of(`${BASE62}!$%`, 12)}`,
  secret: (random) => random.of(`${BASE62}+/`, 40),
  'date-of-birth': (random) =>
    `${random.pick(['born on', 'DOB:', 'date of birth', 'geboren am'])} ␟${date(random)}`,
  ...Object.fromEntries(
    Object.entries(nationalValues).map(([name, make]) => [
      name,
      (random: SeededRandom): string =>
        make(random).replace(/^([A-Za-z ]+) (?=\d)/, /^[A-Z]{2} /.test(name) ? '$&' : '$1 ␟'),
    ]),
  ),
};

/** What looks like something and is nothing. */
export const negatives: Readonly<Record<string, Make>> = {
  'order number': (random) => `order ${random.digits(random.within(7, 12))}`,
  'bare number': (random) => random.digits(random.within(4, 12)),
  'long number': (random) => random.digits(random.within(13, 20)),
  ean: (random) => `${random.pick(['400', '590', '761', '978'])}${random.digits(10)}`,
  imei: (random) => {
    const body = `35${random.digits(12)}`;
    return body + luhnDigit(body);
  },
  'article with letter': (random) => `${random.digits(random.within(4, 9))}${random.of('ABCDEFGHJKLMN', 1)}`,
  'grouped number': (random) => `${random.digits(3)} ${random.digits(3)} ${random.digits(3)}`,
  'batch code': (random) =>
    `${random.of('ABCDEFGHJKLMNPRSTUVWXYZ', 2)}${random.digits(6)}${random.of('ABCDEF', 1)}`,
  'order with dashes': (random) => `order ${random.digits(3)}-${random.digits(7)}-${random.digits(7)}`,
  'article number': (random) => `SKU-${random.of('ABCDEFGH', 2)}${random.digits(6)}`,
  uuid: (random) => `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
  'hash or commit': (random) => random.hex(random.pick([7, 32, 40, 64])),
  timestamp: (random) =>
    `2026-${two(random.within(1, 12))}-${two(random.within(1, 28))}${random.pick(['T', ' '])}${two(random.within(0, 23))}:${two(random.within(0, 59))}:${two(random.within(0, 59))}.${random.digits(6)}${random.pick(['Z', '+00'])}`,
  epoch: (random) => `17${random.digits(random.pick([8, 11, 14]))}`,
  version: (random) =>
    random.pick(['v', 'version ', 'release ']) +
    [3, random.within(0, 20), random.within(0, 20), random.within(0, 90)].join('.'),
  price: (random) =>
    `${random.pick(['$', '€', ''])}${random.within(1, 999)},${random.digits(3)}.${random.digits(2)}`,
  isbn: (random) => `ISBN 978-3-${random.digits(2)}-${random.digits(6)}-${random.digits(1)}`,
  fraction: (random) => `${random.within(0, 99)}.${random.digits(random.within(6, 16))}`,
  'tracking number': (random) => `1Z${random.of('ABCDEF0123456789', 6)}${random.digits(10)}`,
  'plain date': (random) => `created ${date(random)}`,
  coordinates: (random) =>
    `${random.within(10, 80)}.${random.digits(6)}, ${random.within(1, 170)}.${random.digits(6)}`,
  mention: (random) =>
    `@${random.pick(NAMES)} see @scope/package@${random.within(1, 9)}.${random.within(0, 9)}.0`,
  path: (random) =>
    `/var/lib/app-${random.within(1, 99)}/releases/${random.within(2020, 2026)}/someLongComponentName.tsx`,
  identifier: (random) =>
    `get${random.pick(['User', 'Order'])}ByIdAndUpdateTheirLastSeenAt${random.within(1, 99)}`,
  image: (random) => `logo@${random.within(2, 3)}x.png`,
  prose: () => 'The customer returned the package because the left corner was damaged in transit.',
  code: () => 'std::vector<int>::iterator it = items.begin(); // 12:30:45',
  url: (random) => `https://shop.example.com/products/blue-shirt-${random.within(1, 999)}?page=2&sort=price`,
};

const AROUND: readonly (readonly [string, string])[] = [
  ['', ''],
  ['', ''],
  ['note: ', ' (checked)'],
  ['{"value":"', '"}'],
  ['first, ', ', last'],
  ['see ', '.'],
];

/** Makes the corpus: so many of each detector, and so many of each kind of nothing. */
export function makeCorpus(seed: number, eachPositive: number, eachNegative: number): readonly Labelled[] {
  const random = new SeededRandom(seed);
  const labelled: Labelled[] = [];
  for (const [detector, make] of Object.entries(positives)) {
    for (let count = 0; count < eachPositive; count += 1) {
      const [label, shown] = splitLabel(make(random));
      const [before, after] =
        detector === 'url-credentials' ? (['https://', '@db.example.com/x'] as const) : random.pick(AROUND);
      const start = before.length + label.length;
      labelled.push({ text: before + label + shown + after, detector, start, end: start + shown.length });
    }
  }
  for (const [negative, make] of Object.entries(negatives)) {
    for (let count = 0; count < eachNegative; count += 1) {
      labelled.push({ text: make(random), detector: undefined, start: 0, end: 0, negative });
    }
  }
  return labelled;
}

function splitLabel(text: string): readonly [label: string, value: string] {
  const at = text.indexOf('␟');
  return [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
}
