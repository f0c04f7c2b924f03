import { BLANK, isAllOf, skip, TOKEN } from '../octets.ts';
import type { FieldBlock } from './field-block.ts';
import { HOP, KNOWN_FIELDS } from './known-fields.ts';

/** What the Connection fields of a message say (RFC 9110 section 7.6.1). */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** All options in lower case: also the names of fields that are for this connection only. */
  readonly names: readonly string[];
}

/** A message without a Connection field. */
export const NO_OPTIONS: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, names: [] };

/** More options than any client has a use for. */
const MOST_OPTIONS = 16;

const PROTOCOL = /^[-!#$%&'*+.^_`|~0-9a-z]+(?:\/[-!#$%&'*+.^_`|~0-9a-z]+)?$/;

/** Fields that are for everybody: an option of that name would have them removed on the way. */
const END_TO_END = new Set(
  KNOWN_FIELDS.filter((field) => (field.flags & HOP) === 0).map((field) => field.name),
);

/**
 * Reads the Connection fields. Refuses options that are no token, and options that name a field which is for
 * everybody: that is how a client has an intermediary drop, say, Authorization or Host.
 */
export function readConnection(fields: FieldBlock): ConnectionOptions {
  const first = fields.indexOf('connection');
  if (first === -1) return NO_OPTIONS;
  const names: string[] = [];
  for (let index = first; index !== -1; index = fields.indexOf('connection', index + 1)) {
    const tokens = readTokens(fields.valueAt(index));
    if (tokens === undefined || names.length + tokens.length > MOST_OPTIONS) {
      throw fields.error(index, 'ERR_HTTP1_CONNECTION', 'connection is not a short list of options');
    }
    for (const token of tokens) names.push(token.toLowerCase());
  }
  const foreign = names.find((name) => END_TO_END.has(name));
  if (foreign !== undefined) {
    throw fields.error(first, 'ERR_HTTP1_CONNECTION', `connection names ${foreign}, which is for everybody`);
  }
  return {
    close: names.includes('close'),
    keepAlive: names.includes('keep-alive'),
    upgrade: names.includes('upgrade'),
    names,
  };
}

/** The tokens of a comma-separated list, empty elements left out (RFC 9110 section 5.6.1.2); undefined if it is none. */
export function readTokens(value: string): readonly string[] | undefined {
  if (isAllOf(TOKEN, value)) return [value];
  const tokens: string[] = [];
  for (const part of value.split(',')) {
    const start = skip(BLANK, part, 0, part.length);
    const end = skip(TOKEN, part, start, part.length);
    if (skip(BLANK, part, end, part.length) !== part.length) return undefined;
    if (end > start) tokens.push(part.slice(start, end));
  }
  return tokens;
}

/** The protocols of an Upgrade field in lower case: `name` or `name/version`, at least one. */
export function readProtocols(fields: FieldBlock, at: number): readonly string[] {
  const protocols = fields
    .valueAt(at)
    .split(',')
    .map((protocol) => protocol.trim().toLowerCase());
  const isList = protocols.every((protocol) => PROTOCOL.test(protocol));
  if (isList && protocols.length <= MOST_OPTIONS) return protocols;
  throw fields.error(at, 'ERR_HTTP1_CONNECTION', 'upgrade is not a short list of protocols');
}
