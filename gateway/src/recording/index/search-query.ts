import { hash } from 'node:crypto';
import type { ObservedVerdict } from '../../model/decision.ts';
import { recordingError } from '../errors.ts';
import { IDS_PER_MS } from './schema.ts';

/** Which exchanges to find; conditions add up. */
export interface ExchangeSearch {
  /** Words that all occur in the request; each also finds longer words that begin so. */
  readonly words?: string;
  /** Subject of the principal or its agent id, the whole value; likewise the others. */
  readonly principal?: string;
  readonly run?: string;
  readonly resource?: string;
  readonly session?: string;
  readonly rule?: string;
  /** A rule that was only observed, and would have decided. */
  readonly observed?: string;
  readonly decision?: string;
  readonly effect?: 'permit' | 'deny';
  /** Milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** An exchange that was found. */
export interface FoundExchange {
  readonly session: string;
  readonly exchange: string;
  /** Its number in the recording, and the byte at which it begins. */
  readonly number: number;
  readonly offset: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly protocol: string;
  readonly subject: string;
  readonly agent?: string;
  readonly run?: string;
  readonly resource: string;
  readonly account: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly rules: readonly string[];
  /** What rules in mode `observe` would have said; absent where they were silent. */
  readonly observed?: readonly ObservedVerdict[];
  readonly summary: string;
  /** The request's text, cut. */
  readonly text: string;
  /** Absent while it runs, or where its end was not recorded. */
  readonly status?: string;
  readonly rows?: number;
  readonly durationMs?: number;
  /** Where it was found in what a picture of it showed: read by a program, and so unverified. `at` is then the picture's time. */
  readonly screen?: FoundScreen;
}

/** Text in a picture. */
export interface FoundScreen {
  /** Of the session, in milliseconds since its opening. */
  readonly ms: number;
  /** What the program read, cut. */
  readonly text: string;
}

/** A page of them, the newest first. */
export interface SearchPage {
  readonly exchanges: readonly FoundExchange[];
  readonly next?: string;
}

/** Values that can be asked for as a whole. */
export type TagKind =
  | 'principal'
  | 'run'
  | 'resource'
  | 'session'
  | 'rule'
  | 'observed'
  | 'decision'
  | 'effect';

/** Most words of one search; shorter ones than three characters must match whole. */
const MAX_WORDS = 12;
const MAX_WORD = 64;
const PREFIX_FROM = 3;

/** The word of what is text of a picture. */
export const SCREEN_TAG = 'xscreen';

/** The word by which the full-text index knows a whole value. */
export function tagOf(kind: TagKind, value: string): string {
  return `x${hash('sha256', `${kind}\0${value}`, 'hex').slice(0, 16)}`;
}

/** The search as FTS5 wants it, or undefined when every exchange meets it. @throws RecordingError */
export function matchExpression(search: ExchangeSearch): string | undefined {
  const words = (search.words ?? '').split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== '');
  if ((search.words ?? '').trim() !== '' && words.length === 0) {
    throw recordingError('ERR_RECORDING_QUERY', 'the search has no letter and no digit to look for');
  }
  if (words.length > MAX_WORDS || words.some((word) => word.length > MAX_WORD)) {
    throw recordingError(
      'ERR_RECORDING_QUERY',
      `a search has at most ${MAX_WORDS} words of ${MAX_WORD} characters`,
    );
  }
  const kinds: readonly TagKind[] = [
    'principal',
    'run',
    'resource',
    'session',
    'rule',
    'observed',
    'decision',
    'effect',
  ];
  const tags = kinds.flatMap((kind) => {
    const value = search[kind];
    return value === undefined ? [] : [`tags : "${tagOf(kind, value)}"`];
  });
  const texts = words.map((word) => `text : "${word}"${word.length < PREFIX_FROM ? '' : ' *'}`);
  const terms = [...tags, ...texts];
  if (terms.length === 0) return undefined;
  // Pictures are found by what they show, and are no requests of their own.
  return `${terms.join(' AND ')}${words.length === 0 ? ` NOT tags : "${SCREEN_TAG}"` : ''}`;
}

/** Whom an exchange is of. */
export interface TaggedSession {
  readonly session: string;
  readonly subject?: string;
  readonly agent?: string | null;
  readonly run?: string | null;
  readonly resource?: string;
}

/** What was decided of it. */
export interface TaggedDecision {
  readonly decision: string;
  readonly effect: 'permit' | 'deny';
  readonly rules: readonly string[];
  readonly observed: readonly ObservedVerdict[];
}

/** All words by which the full-text index knows an exchange beside its own. */
export function exchangeTags(
  { session, subject, agent, run, resource }: TaggedSession,
  { decision, effect, rules, observed }: TaggedDecision,
): string {
  const optional = (kind: TagKind, value: string | null | undefined): readonly string[] =>
    value === undefined || value === null ? [] : [tagOf(kind, value)];
  return [
    tagOf('session', session),
    tagOf('decision', decision),
    tagOf('effect', effect),
    ...rules.map((rule) => tagOf('rule', rule)),
    ...observed.map(({ rule }) => tagOf('observed', rule)),
    ...optional('principal', subject),
    ...optional('resource', resource),
    ...optional('principal', agent),
    ...optional('run', run),
  ].join(' ');
}

/** Ids between which the exchanges are: the first inclusive, the second exclusive. @throws RecordingError */
export function idRange({ sinceMs, untilMs, cursor }: ExchangeSearch): readonly [number, number] {
  const from = Math.max(0, (sinceMs ?? 0) * IDS_PER_MS);
  const to = untilMs === undefined ? Number.MAX_SAFE_INTEGER : untilMs * IDS_PER_MS;
  if (cursor !== undefined && !/^[0-9]{1,16}$/.test(cursor)) {
    throw recordingError('ERR_RECORDING_QUERY', 'the cursor is none of this search');
  }
  const before = cursor === undefined ? to : Math.min(to, Number(cursor));
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(before)) {
    throw recordingError('ERR_RECORDING_QUERY', 'the time is too far away');
  }
  return [from, before];
}
