/** Exchanges as recordings have them, and what becomes of them in an archive. */
import {
  request as recordedRequest,
  session as recordedSession,
} from '../../../../../../test/recording/session-data.ts';
import type { ArchivedSession, RecordedExchange } from '../../../../../model/recorded-exchange.ts';
import { HarArchive } from '../har-archive.ts';

/** A session over TLS. */
export const SESSION: ArchivedSession = {
  ...recordedSession('ses_1', {
    protocol: 'http',
    resource: 'crm',
    details: { protocol: 'HTTP/1.1', tls: 'TLSv1.3' },
  }),
  openedAt: '2026-11-26T12:00:00.000Z',
  results: true,
};
/** A head without its end. */
export const JSON_HEAD: string = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** What is said of an exchange; the rest is as of a short answer that came in order. */
export interface Given {
  readonly text?: string;
  readonly asked?: Readonly<Record<string, string | number>>;
  readonly sent?: readonly (string | Buffer)[];
  readonly delivered?: readonly (string | Buffer)[];
  readonly more?: Partial<RecordedExchange>;
  readonly request?: Partial<RecordedExchange['request']>;
  readonly outcome?: Partial<NonNullable<RecordedExchange['outcome']>> | null;
}

/** An exchange. */
export function exchange({
  text = 'GET /a',
  asked,
  sent,
  delivered,
  more,
  request,
  outcome,
}: Given = {}): RecordedExchange {
  const direction = (pieces: readonly (string | Buffer)[], fromMs: number): RecordedExchange['sent'] => ({
    pieces: pieces.map((bytes, index) => ({
      ms: fromMs + index * 10,
      bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
    })),
    isCut: false,
  });
  return {
    number: 1,
    beganMs: 100,
    request: recordedRequest('ses_1', 1, { request: { text, host: 'crm.example', ...asked }, ...request }),
    omitted: [],
    results: true,
    sent: direction(sent ?? [`${text.replace(/\?.*/, '')} HTTP/1.1\r\naccept: */*\r\n\r\n`], 102),
    delivered: direction(delivered ?? [`${JSON_HEAD}content-length: 2\r\n\r\n`, '{}'], 130),
    notes: [],
    ...(outcome === null
      ? {}
      : {
          outcome: {
            status: 'ok',
            result: { status: 200 },
            durationMs: 50,
            droppedBytes: 0,
            endedMs: 160,
            ...outcome,
          },
        }),
    ...more,
  };
}

/** The entry of an exchange, where it has one. */
export async function added(
  archive: HarArchive,
  one: RecordedExchange,
): Promise<{ readonly missing: string | undefined; readonly entry: Entry }> {
  const made = await archive.add(one);
  if (made === undefined) throw new Error('no entry');
  return { missing: made.missing, entry: made.entry as unknown as Entry };
}

/** The entry of an exchange that is the only one. */
export function entryOf(given: Given = {}, session: ArchivedSession = SESSION): ReturnType<typeof added> {
  return added(new HarArchive(session), exchange(given));
}

/** As much of an entry as is looked at here; the whole schema is applied where archives are exported. */
export interface Entry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly timings: object;
  readonly comment?: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>> & {
    readonly content: Readonly<Record<string, unknown>>;
  };
  readonly _sallyport: Readonly<Record<string, unknown>>;
  readonly _webSocketMessages?: readonly object[];
}
