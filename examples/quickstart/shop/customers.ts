/** The people of the shop: invented names at real cities, identifiers that belong to nobody. */
import { type Country, cardNumber, iban, nationalId, phoneNumber } from './identifiers.ts';
import type { Random } from './random.ts';

/** One row of `customers`; property names are column names. */
export interface CustomerRow {
  readonly id: number;
  readonly full_name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly date_of_birth: string;
  readonly national_id: string;
  readonly card_number: string;
  readonly iban: string | null;
  readonly street: string;
  readonly postal_code: string;
  readonly city: string;
  readonly country: Country;
  readonly notes: string | null;
  readonly created_at: string;
}

interface Place {
  readonly city: string;
  readonly country: Country;
  readonly postal: string;
}

const GIVEN: readonly string[] = [
  ...['Ada', 'Amir', 'Anouk', 'Basil', 'Carla', 'Chidi', 'Clara', 'Dario', 'Devi', 'Edith', 'Emil'],
  ...['Farah', 'Felix', 'Greta', 'Hanna', 'Hugo', 'Ines', 'Ivo', 'Jonas', 'June', 'Kenji', 'Lena', 'Leo'],
  ...['Lucie', 'Maeve', 'Malik', 'Marta', 'Mira', 'Nadia', 'Nils', 'Noor', 'Olga', 'Oscar', 'Paula', 'Quinn'],
  ...[
    'Rosa',
    'Ruth',
    'Samir',
    'Selma',
    'Sofia',
    'Tariq',
    'Thea',
    'Tomas',
    'Uma',
    'Vera',
    'Wanda',
    'Yara',
    'Zeno',
  ],
];
const FAMILY: readonly string[] = [
  ...['Abendroth', 'Ackerly', 'Baumgarten', 'Bellweather', 'Brightwater', 'Castellane'],
  ...['Delacourt', 'Drosselmeyer', 'Eastlake', 'Fairweather', 'Falkenrath', 'Garnier-Roux', 'Goldfinch'],
  ...['Hollowell', 'Ironside', 'Jessamine', 'Kestrel', 'Lindqvist', 'Lovelock', 'Marchbanks', 'Montclair'],
  ...[
    'Nightingale',
    'Oakhurst',
    "O'Rourke",
    'Pemberley',
    'Quillfeather',
    'Ravensdale',
    'Rosenthal',
    'Saltmarsh',
  ],
  ...[
    'Silberstein',
    'Thistlewood',
    'Underhill',
    'Valmont',
    'Waldgrave',
    'Winterbourne',
    'Yarrow',
    'Zimmerlein',
  ],
];
const PLACES: readonly Place[] = [
  { city: 'Berlin', country: 'DE', postal: '10' },
  { city: 'Hamburg', country: 'DE', postal: '20' },
  { city: 'Leipzig', country: 'DE', postal: '04' },
  { city: 'Lyon', country: 'FR', postal: '69' },
  { city: 'Nantes', country: 'FR', postal: '44' },
  { city: 'Leeds', country: 'GB', postal: 'LS' },
  { city: 'Bristol', country: 'GB', postal: 'BS' },
  { city: 'Portland', country: 'US', postal: '97' },
  { city: 'Austin', country: 'US', postal: '78' },
];
const STREETS: Readonly<Record<Country, readonly string[]>> = {
  DE: ['Ahornweg', 'Lindenallee', 'Mühlgasse', 'Turmstraße'],
  FR: ['rue des Tilleuls', 'quai du Vieux Moulin', 'allée des Glycines'],
  GB: ['Kiln Lane', 'Orchard Row', 'Weavers Yard'],
  US: ['Juniper Ave', 'Cannery Rd', 'Harvest Moon Dr'],
};

/** `count` customers with ids from 1. */
export function customerRows(random: Random, count: number): readonly CustomerRow[] {
  return Array.from({ length: count }, (_, index) => customerRow(random, index + 1));
}

function customerRow(random: Random, id: number): CustomerRow {
  const given = random.pick(GIVEN);
  const family = random.pick(FAMILY);
  const { city, country, postal } = random.pick(PLACES);
  const born = day(random, Date.UTC(1945, 0, 1), Date.UTC(2006, 11, 31)).slice(0, 10);
  const phone = phoneNumber(random, country);
  const card = cardNumber(random);
  return {
    id,
    full_name: `${given} ${family}`,
    email: `${mailName(given)}.${mailName(family)}.${id}@example.${random.pick(['com', 'org', 'net'])}`,
    phone: random.chance(0.92) ? phone : null,
    date_of_birth: born,
    national_id: nationalId(random, country, born),
    card_number: card,
    iban: iban(random, country),
    street: street(random, country),
    postal_code: postalCode(random, country, postal),
    city,
    country,
    notes: note(random, phone, card),
    created_at: day(random, Date.UTC(2023, 0, 1), Date.UTC(2025, 5, 30)),
  };
}

const mailName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/gu, '');

/** A moment between two others, ISO 8601. */
export function day(random: Random, fromMs: number, toMs: number): string {
  return new Date(fromMs + random.integer(0, Math.floor((toMs - fromMs) / 1000)) * 1000).toISOString();
}

function street(random: Random, country: Country): string {
  const name = random.pick(STREETS[country]);
  const number = random.integer(1, 180);
  return country === 'DE' ? `${name} ${number}` : `${number} ${name}`;
}

function postalCode(random: Random, country: Country, prefix: string): string {
  return country === 'GB'
    ? `${prefix}${random.integer(1, 9)} ${random.integer(1, 9)}ZZ`
    : prefix + random.digits(3);
}

/** Free text is where personal data hides best. */
function note(random: Random, phone: string, card: string): string | null {
  if (!random.chance(0.25)) return null;
  return random.pick([
    `Prefers a call on ${phone} in the evening.`,
    `Paid with the card ending in ${card.slice(-4)}; asked for an invoice to the office.`,
    'Wants no newsletter.',
    'Parcel to the neighbour if nobody is at home.',
  ]);
}
