import type { JsonValue } from '../model/json.ts';
import type { Actor } from '../model/principal.ts';
import { isJsonObject } from './claim-path.ts';
import { readClaimText } from './claim-text.ts';
import { tokenError } from './errors.ts';

/** Longest delegation chain read. */
const MAX_DELEGATION_DEPTH = 8;

/**
 * Reads the `act` claim (RFC 8693 section 4.1), outermost and current actor first.
 * @throws IdentityError `ERR_IDENTITY_DELEGATION_INVALID` for a chain that is too deep or names no actor somewhere: a link that
 * cannot be read could hide who acts.
 */
export function readDelegation(act: JsonValue | undefined): readonly Actor[] {
  const actors: Actor[] = [];
  for (let link = act; link !== undefined; ) {
    if (actors.length === MAX_DELEGATION_DEPTH) {
      throw invalid(`the delegation chain of the token (\`act\`) is longer than ${MAX_DELEGATION_DEPTH}`);
    }
    if (!isJsonObject(link))
      throw invalid('the delegation chain of the token (`act`) has a link that is no object');
    const subject = readClaimText(link['sub']);
    const issuer = readClaimText(link['iss']);
    if (typeof subject !== 'string')
      throw invalid('the delegation chain of the token (`act`) has a link without `sub`');
    if (issuer === null) throw invalid('the delegation chain of the token (`act`) has an invalid `iss`');
    actors.push(issuer === undefined ? { subject } : { subject, issuer });
    link = link['act'];
  }
  return actors;
}

function invalid(detail: string): Error {
  return tokenError(
    'ERR_IDENTITY_DELEGATION_INVALID',
    detail,
    'ask whoever runs the token exchange for a token with a valid chain',
  );
}
