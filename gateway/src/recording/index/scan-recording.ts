/** What the index wants to know of a recording, read from its heads; results are passed over. */

import type { ObservedVerdict } from '../../model/decision.ts';
import { RecordingError } from '../errors.ts';
import { DataFlag, type FrameHead, FrameType } from '../format.ts';
import { type ByteSource, FrameReader, readJson } from '../frame-reader.ts';
import type { BeginHead, EndHead, SessionHead } from '../heads.ts';

/** Of a request's text, so much can be found, and so much is shown. */
const FOUND_CHARACTERS = 16 * 1024;
const SHOWN_CHARACTERS = 1000;
const WANTED: ReadonlySet<number> = new Set([
  FrameType.session,
  FrameType.begin,
  FrameType.end,
  FrameType.close,
  FrameType.cut,
]);

function isWanted({ type, flags }: FrameHead): boolean {
  return WANTED.has(type) || (type === FrameType.data && flags === DataFlag.key);
}

/** One thing that was read; `to` is where the index goes on after it. */
export type ScannedFact = { readonly to: number; readonly ms: number } & (
  | { readonly kind: 'session'; readonly head: ScannedSession }
  | { readonly kind: 'begin'; readonly number: number; readonly offset: number; readonly head: ScannedBegin }
  | { readonly kind: 'end'; readonly number: number; readonly head: ScannedEnd }
  /** Reading may begin here. */
  | { readonly kind: 'key'; readonly offset: number }
  | { readonly kind: 'closed'; readonly state: 'closed' | 'cut' }
  | { readonly kind: 'passed' }
  | { readonly kind: 'damaged'; readonly reason: string }
);

/** Of the session. */
export interface ScannedSession {
  readonly protocol: string;
  readonly subject: string;
  readonly agent: string | null;
  readonly run: string | null;
  readonly resource: string;
  readonly account: string;
  readonly openedMs: number;
}

/** Of a request. */
export interface ScannedBegin {
  readonly exchange: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly rules: readonly string[];
  /** What rules in mode `observe` would have said. */
  readonly observed: readonly ObservedVerdict[];
  readonly summary: string;
  readonly shown: string;
  readonly found: string;
}

/** Of an end. */
export interface ScannedEnd {
  readonly status: string;
  readonly rows: number | null;
  readonly durationMs: number;
}

/** Reads on from `from`. What is damaged is told last, as a fact. */
export async function* scanRecording(source: ByteSource, from: number): AsyncGenerator<ScannedFact> {
  const reader = new FrameReader(source);
  let to = from;
  let told = from;
  try {
    if (!(await reader.checkHeader())) return;
    for await (const frame of reader.frames({ from, wants: isWanted })) {
      to = frame.end;
      const fact = factOf(frame.type, frame.payload, frame);
      if (fact === undefined) continue;
      told = to;
      yield { to, ms: frame.ms, ...fact };
    }
    if (told < to) yield { to, ms: 0, kind: 'passed' };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    yield { to, ms: 0, kind: 'damaged', reason: error.message };
  }
}

type Fact = ScannedFact extends infer One
  ? One extends { to: number }
    ? Omit<One, 'to' | 'ms'>
    : never
  : never;

function factOf(
  type: number,
  payload: Buffer,
  { exchange, offset, flags }: { readonly exchange: number; readonly offset: number; readonly flags: number },
): Fact | undefined {
  switch (type) {
    case FrameType.session:
      return { kind: 'session', head: sessionOf(readJson(payload) as Partial<SessionHead>) };
    case FrameType.begin:
      return {
        kind: 'begin',
        number: exchange,
        offset,
        head: beginOf(readJson(payload) as Partial<BeginHead>),
      };
    case FrameType.end:
      return { kind: 'end', number: exchange, head: endOf(readJson(payload) as Partial<EndHead>) };
    case FrameType.data:
      return flags === DataFlag.key ? { kind: 'key', offset } : undefined;
    case FrameType.close:
      return { kind: 'closed', state: 'closed' };
    case FrameType.cut:
      return { kind: 'closed', state: 'cut' };
    default:
      return undefined;
  }
}

/** Files may have been changed by anybody: nothing is taken on trust. */
function sessionOf(head: Partial<SessionHead>): ScannedSession {
  const principal: Partial<SessionHead['principal']> = isObject(head.principal) ? head.principal : {};
  const openedMs = Date.parse(textOf(head.openedAt));
  return {
    protocol: textOf(head.protocol),
    subject: textOf(principal.subject),
    agent: typeof principal.agent === 'string' ? principal.agent : null,
    run: typeof principal.run === 'string' ? principal.run : null,
    resource: textOf(head.resource),
    account: textOf(head.account),
    openedMs: Number.isNaN(openedMs) ? 0 : Math.max(0, openedMs),
  };
}

function beginOf(head: Partial<BeginHead>): ScannedBegin {
  const summary = textOf(head.summary).slice(0, SHOWN_CHARACTERS);
  const text = isObject(head.request) ? head.request['text'] : undefined;
  const full = typeof text === 'string' ? text : summary;
  return {
    exchange: textOf(head.exchange),
    effect: head.effect === 'permit' ? 'permit' : 'deny',
    decision: textOf(head.decision),
    rules: Array.isArray(head.rules)
      ? head.rules.filter((rule) => typeof rule === 'string').slice(0, 100)
      : [],
    observed: Array.isArray(head.observed) ? head.observed.flatMap(observedOf).slice(0, 100) : [],
    summary,
    shown: full.slice(0, SHOWN_CHARACTERS).toWellFormed(),
    found: `${full.slice(0, FOUND_CHARACTERS)} ${summary}`.toWellFormed(),
  };
}

function observedOf(verdict: unknown): readonly ObservedVerdict[] {
  if (!isObject(verdict) || typeof verdict['rule'] !== 'string') return [];
  return [{ rule: textOf(verdict['rule']), effect: verdict['effect'] === 'permit' ? 'permit' : 'deny' }];
}

function endOf(head: Partial<EndHead>): ScannedEnd {
  const rows = isObject(head.result) ? head.result['rows'] : undefined;
  const { durationMs } = head;
  return {
    status: textOf(head.status),
    rows: typeof rows === 'number' && Number.isSafeInteger(rows) ? rows : null,
    durationMs:
      typeof durationMs === 'number' && Number.isSafeInteger(Math.round(durationMs))
        ? Math.round(durationMs)
        : 0,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 4000).toWellFormed() : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
