import { createHash } from 'node:crypto';
import type { JsonObject } from '../model/json.ts';
import { type ClaimPath, parseClaimPath, readClaim } from './claim-path.ts';
import { readClaimText } from './claim-text.ts';
import { readDelegation } from './delegation.ts';
import { IdentityError, tokenError } from './errors.ts';
import type { ClaimNames } from './issuer-config.ts';
import type { UngroupedPrincipal } from './principal-groups.ts';

/** {@link ClaimNames} with their paths parsed. */
export interface ClaimPaths {
  readonly groups: ClaimPath;
  readonly agent: readonly ClaimPath[];
  readonly run: ClaimPath;
  readonly values: ReadonlyMap<string, ClaimPath>;
}

/** Parses the paths once. @throws IdentityError `ERR_IDENTITY_CONFIG_INVALID`; the schema refuses the same earlier. */
export function compileClaimPaths(names: ClaimNames): ClaimPaths {
  return {
    groups: compile(names.groups),
    agent: names.agent.map(compile),
    run: compile(names.run),
    values: new Map(Object.entries(names.values).map(([name, path]) => [name, compile(path)])),
  };
}

function compile(text: string): ClaimPath {
  const result = parseClaimPath(text);
  if (result.ok) return result.path;
  throw new IdentityError('ERR_IDENTITY_CONFIG_INVALID', result.problem, { source: 'config' });
}

/** A token whose signature, issuer, audience and times were already verified. */
export interface VerifiedToken {
  readonly token: string;
  readonly payload: JsonObject;
  /** The `exp` claim: seconds since the epoch. */
  readonly expiresAtSeconds: number;
}

/**
 * Reads who asks from verified claims; nothing else may add to it (P11). Groups come on top: see `principal-groups.ts`.
 * @param issuer as configured
 * @throws IdentityError when a claim that identifies somebody cannot be read: it is never skipped.
 */
export function readPrincipal(
  { payload, token, expiresAtSeconds }: VerifiedToken,
  issuer: string,
  paths: ClaimPaths,
): UngroupedPrincipal {
  const subject = requireText(payload, ['sub']);
  if (subject === undefined) {
    throw tokenError('ERR_IDENTITY_CLAIM_MISSING', 'the token has no `sub` claim', REMEDY);
  }
  const agent = firstText(payload, paths.agent);
  const run = requireText(payload, paths.run);
  const claims = readValues(payload, paths.values);
  const delegation = readDelegation(payload['act']).map((actor) => Object.freeze(actor));
  return {
    issuer,
    subject,
    ...(agent === undefined ? {} : { agent }),
    delegation: Object.freeze(delegation),
    ...(run === undefined ? {} : { run }),
    ...(claims === undefined ? {} : { claims }),
    tokenDigest: digestOf(requireText(payload, ['jti']) ?? token),
    expiresAtMs: Math.floor(expiresAtSeconds * 1000),
  };
}

const REMEDY = 'get a token from the identity provider as it is set up for this gateway';

/** A whole number counts by its digits: identifiers of tenants often are numbers. */
function readValues(
  payload: JsonObject,
  paths: ReadonlyMap<string, ClaimPath>,
): Readonly<Record<string, string>> | undefined {
  if (paths.size === 0) return undefined;
  const found = [...paths].flatMap(([name, path]): [string, string][] => {
    const value = readClaim(payload, path);
    const isNumber = typeof value === 'number' && Number.isSafeInteger(value);
    const text = isNumber ? String(value) : requireText(payload, path);
    return text === undefined ? [] : [[name, text]];
  });
  return Object.freeze(Object.fromEntries(found));
}

function firstText(payload: JsonObject, paths: readonly ClaimPath[]): string | undefined {
  for (const path of paths) {
    const text = requireText(payload, path);
    if (text !== undefined) return text;
  }
  return undefined;
}

function requireText(payload: JsonObject, path: ClaimPath): string | undefined {
  const text = readClaimText(readClaim(payload, path));
  if (text !== null) return text;
  throw tokenError(
    'ERR_IDENTITY_CLAIM_INVALID',
    `the claim \`${path.join('.')}\` of the token is not a non-empty string of at most 1024 printable characters`,
    REMEDY,
  );
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
