/** How ids and secrets of session credentials look. */
import { randomBytes } from 'node:crypto';
import { Secret } from '../secret.ts';

/** Crockford's Base32 in lower case: no letter is mistaken for a digit, nothing needs escaping in a URL. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 16;
/** 180 bits. */
const SECRET_LENGTH = 36;
/** Tells people, and scanners of repositories, what they have found. */
const SECRET_PREFIX = 'slp_';

/** The id of a credential, alone. */
export const CREDENTIAL_ID: RegExp = new RegExp(`^cred_[${ALPHABET}]{${ID_LENGTH}}$`);

/** Secrets wherever they stand in a text. */
export const CREDENTIAL_SECRET: RegExp = new RegExp(`${SECRET_PREFIX}[${ALPHABET}]{${SECRET_LENGTH}}`, 'g');

/** A new id: 80 random bits. */
export function newCredentialId(): string {
  return `cred_${randomText(ID_LENGTH)}`;
}

/** A new secret of 40 characters. */
export function newCredentialSecret(): Secret {
  return new Secret(SECRET_PREFIX + randomText(SECRET_LENGTH));
}

/** Each character carries 5 bits of a byte of its own. */
function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte & 31)).join('');
}
