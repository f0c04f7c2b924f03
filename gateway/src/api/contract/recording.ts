import { z } from 'zod';
import { instantSchema } from './session.ts';

/** What bytes of a recording are, see docs/recording.md. */
const RECORDED_KINDS = ['response', 'request', 'context', 'key', 'whole'] as const;
type RecordedKind = (typeof RECORDED_KINDS)[number];

/** Which part of a recording is asked for, and in which form. */
export interface RecordingQuery {
  readonly exchange?: number | undefined;
  readonly fromExchange?: number | undefined;
  readonly fromMs?: number | undefined;
  readonly fromKeyMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly kind?: RecordedKind | undefined;
  readonly follow?: '0' | '1' | undefined;
  readonly form: 'bytes' | 'rows';
}

const exchangeNumber = z.coerce.number().int().min(1).max(0xffff_ffff);

const sessionMs = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 47);

const followSchema = z.enum(['0', '1']).optional().describe('`1`: go on while the session does');

/** Query of a recording. */
export const recordingQuerySchema: z.ZodType<RecordingQuery> = z.strictObject({
  exchange: exchangeNumber.optional().describe('only this exchange, by its number in the session'),
  fromExchange: exchangeNumber.optional().describe('from this exchange on'),
  fromMs: sessionMs.optional().describe('from this time on, in milliseconds since the session was opened'),
  fromKeyMs: sessionMs
    .optional()
    .describe('from the nearest place on at which all that is known at this time follows: for desktops'),
  untilMs: sessionMs.optional().describe('up to this time'),
  kind: z.enum(RECORDED_KINDS).optional().describe('bytes of this kind only, with all that is no bytes'),
  follow: followSchema,
  form: z
    .enum(['bytes', 'rows'])
    .default('bytes')
    .describe('results as the bytes that were delivered, or read as rows, reports and text'),
});

/** One line of a recording. */
export interface RecordingLine {
  readonly type: string;
  readonly ms?: number | undefined;
  readonly exchange?: number | undefined;
  readonly head?: Readonly<Record<string, unknown>> | undefined;
  readonly kind?: RecordedKind | undefined;
  readonly bytes?: string | undefined;
  readonly items?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** A line on the wire. */
export const recordingLineSchema: z.ZodType<RecordingLine> = z
  .object({
    type: z
      .string()
      .describe(
        'session, begin, data, end, note, cap, close, cut; unknown; alive while nothing happens; error',
      ),
    ms: z.number().optional().describe('milliseconds since the session was opened'),
    exchange: z.int().optional().describe('number of the exchange; 0 stands for the session'),
    head: z.record(z.string(), z.unknown()).optional().describe('what the frame says, see docs/recording.md'),
    kind: z.enum(RECORDED_KINDS).optional(),
    bytes: z.string().optional().describe('of a data line, in base64'),
    items: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .describe('of a data line, where `form=rows`: columns, row, text, report, done, other, unreadable'),
  })
  .meta({ id: 'RecordingLine' });

/** How a terminal is asked for. */
export interface TerminalQuery {
  readonly follow?: '0' | '1' | undefined;
}

/** Query of a terminal. */
export const terminalQuerySchema: z.ZodType<TerminalQuery> = z.strictObject({ follow: followSchema });

/** A line of an asciicast, version 3: the header first, then events with the seconds since the one before. */
export type AsciicastLine =
  | {
      readonly version: 3;
      readonly term: { readonly cols: number; readonly rows: number };
      /** Unix time of the opening, in seconds. */
      readonly timestamp: number;
      readonly title: string;
    }
  | readonly [seconds: number, code: 'o' | 'i' | 'r' | 'm' | 'x', data: string];

/** Such a line on the wire. */
export const asciicastLineSchema: z.ZodType<AsciicastLine> = z
  .union([
    z.strictObject({
      version: z.literal(3),
      term: z.strictObject({ cols: z.int(), rows: z.int() }),
      timestamp: z.int().describe('when the session was opened, as Unix time in seconds'),
      title: z.string(),
    }),
    z
      .tuple([z.number(), z.enum(['o', 'i', 'r', 'm', 'x']), z.string()])
      .describe('seconds since the event before; output, input, size, mark or exit status; its data'),
  ])
  .meta({ id: 'AsciicastLine' });

/** What to search for; conditions add up. */
export interface SearchQuery {
  readonly query?: string | undefined;
  readonly principal?: string | undefined;
  readonly run?: string | undefined;
  readonly resource?: string | undefined;
  readonly session?: string | undefined;
  readonly rule?: string | undefined;
  readonly observed?: string | undefined;
  readonly decision?: string | undefined;
  readonly effect?: 'permit' | 'deny' | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const value = z.string().min(1).max(512).optional();

/** Query of a search. */
export const searchQuerySchema: z.ZodType<SearchQuery> = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('words that all occur in the request; each finds longer words too'),
  principal: value.describe('subject or agent id, the whole value'),
  run: value,
  resource: value,
  session: value,
  rule: value.describe('a rule that decided'),
  observed: value.describe('a rule that is only observed, and would have decided'),
  decision: value.describe('the id that the agent was told'),
  effect: z.enum(['permit', 'deny']).optional(),
  since: instantSchema.optional(),
  until: instantSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** An exchange that was found in a recording. */
export interface FoundExchange {
  readonly session: string;
  readonly exchange: string;
  /** Its number in the recording. */
  readonly number: number;
  readonly at: string;
  readonly protocol: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  readonly run?: string | undefined;
  readonly resource: string;
  readonly account: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly rules: readonly string[];
  readonly observed?: readonly { readonly rule: string; readonly effect: 'permit' | 'deny' }[] | undefined;
  readonly summary: string;
  readonly text: string;
  readonly status?: string | undefined;
  readonly rows?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Where it was found in a picture of it; `at` is then the picture's time. */
  readonly screen?: { readonly ms: number; readonly text: string } | undefined;
}

/** A page of found exchanges, the newest first. */
export interface SearchPage {
  readonly exchanges: readonly FoundExchange[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/** A page on the wire. */
export const searchPageSchema: z.ZodType<SearchPage> = z
  .object({
    exchanges: z.array(
      z
        .object({
          session: z.string(),
          exchange: z.string(),
          number: z.int().describe('its number in the recording'),
          at: z.string(),
          protocol: z.string(),
          subject: z.string(),
          agent: z.string().optional(),
          run: z.string().optional(),
          resource: z.string(),
          account: z.string(),
          effect: z.enum(['permit', 'deny']),
          decision: z.string(),
          rules: z.array(z.string()),
          observed: z
            .array(z.object({ rule: z.string(), effect: z.enum(['permit', 'deny']) }))
            .optional()
            .describe('what rules in mode observe would have said'),
          summary: z.string(),
          text: z.string().describe('the first thousand characters of the request'),
          status: z.string().optional().describe('absent while it runs'),
          rows: z.number().optional(),
          durationMs: z.number().optional(),
          screen: z
            .object({
              ms: z.int().describe('of the picture, since the opening of the session'),
              text: z.string().describe('the first thousand characters that a program read in it'),
            })
            .optional()
            .describe('where it was found in a picture of a desktop: unverified'),
        })
        .meta({ id: 'FoundExchange' }),
    ),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'SearchPage' });
