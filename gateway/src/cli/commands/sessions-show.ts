import type { AuditRecord } from '../../audit/record.ts';
import { showSession } from '../../audit/sessions.ts';
import type {
  ExchangeIntent,
  ExchangeOutcome,
  SessionClosed,
  SessionOpened,
} from '../../model/audit-event.ts';
import type { CliContext, CliIo } from '../command.ts';
import { duration, localClock, localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { type Column, tableHead, tableRow } from '../table.ts';

/** Intents that may wait for their outcome; beyond, the oldest is shown without. */
const MAX_WAITING = 10_000;

const COLUMNS: readonly Column[] = [
  { title: 'EXCHANGE', width: 10 },
  { title: 'TIME', width: 12 },
  { title: 'VERDICT', width: 28 },
  { title: 'OUTCOME', width: 26 },
  { title: 'TOOK', width: 10, align: 'right' },
  { title: 'STATEMENT', width: 100 },
];

/** Prints what happened in a session; exit code 1 when the log has no such session. */
export async function showCommand(
  folder: string,
  { session, json }: { readonly session: string; readonly json: boolean },
  { io, setExitCode }: CliContext,
): Promise<void> {
  const warn = (file: string, offset: number): void => {
    io.stderr.write(`warning: ${file} is damaged at byte ${offset}; run sallyport audit verify\n`);
  };
  const records = showSession(folder, session, warn);
  const count = json ? await printJson(records, io) : await new Transcript(io).print(records);
  if (count > 0) return;
  io.stderr.write(`no session ${printable(session, 80)} in the audit log\n`);
  setExitCode(1);
}

async function printJson(records: AsyncIterable<AuditRecord>, io: CliIo): Promise<number> {
  let count = 0;
  io.stdout.write('[');
  for await (const record of records) {
    io.stdout.write(`${count === 0 ? '' : ','}\n  ${JSON.stringify(record)}`);
    count += 1;
  }
  io.stdout.write(count === 0 ? ']\n' : '\n]\n');
  return count;
}

/** A session as text, one line an exchange, in the order in which the exchanges ended. */
class Transcript {
  readonly #io: CliIo;
  readonly #waiting = new Map<string, { readonly at: string; readonly intent: ExchangeIntent }>();

  constructor(io: CliIo) {
    this.#io = io;
  }

  async print(records: AsyncIterable<AuditRecord>): Promise<number> {
    let count = 0;
    let end: { readonly at: string; readonly event: SessionClosed } | undefined;
    for await (const { event, at } of records) {
      count += 1;
      if (event.type === 'session.opened') this.#opened(event, at);
      if (event.type === 'exchange.intent') this.#intent(event, at);
      if (event.type === 'exchange.outcome') this.#outcome(event);
      if (event.type === 'session.closed') end = { at, event };
    }
    for (const { intent, at } of this.#waiting.values()) this.#row(intent, at);
    if (end !== undefined) this.#closed(end.event, end.at);
    return count;
  }

  #opened(event: SessionOpened, at: string): void {
    const { principal } = event;
    const chain = principal.delegation.map((actor) => `, acting: ${actor.subject}`).join('');
    const hints = Object.entries(event.hints).map(([name, value]) => `${name}=${value}`);
    const lines = [
      ['session', event.session],
      ['opened', `${localTime(at)} ${localZone()}, ${event.protocol} from ${event.sourceAddress}`],
      ['principal', `${principal.subject} of ${principal.issuer}${chain}`],
      ['agent', principal.agent ?? '(none)'],
      ['groups', principal.groups.join(', ')],
      ['resource', `${event.account}@${event.resource} ${JSON.stringify(event.details)}`],
      ['claimed', hints.length === 0 ? '(nothing)' : `${hints.join(', ')} (unverified)`],
    ];
    for (const [name = '', value = ''] of lines)
      this.#io.stdout.write(`${name.padEnd(10)} ${printable(value, 400)}\n`);
    this.#io.stdout.write(`\n${tableHead(COLUMNS, this.#io)}`);
  }

  #intent(intent: ExchangeIntent, at: string): void {
    if (intent.effect === 'deny') {
      this.#row(intent, at);
      return;
    }
    this.#waiting.set(intent.exchange, { intent, at });
    const [oldest] = this.#waiting.values();
    if (this.#waiting.size <= MAX_WAITING || oldest === undefined) return;
    this.#waiting.delete(oldest.intent.exchange);
    this.#row(oldest.intent, oldest.at);
  }

  #outcome(outcome: ExchangeOutcome): void {
    const begun = this.#waiting.get(outcome.exchange);
    if (begun === undefined) return;
    this.#waiting.delete(outcome.exchange);
    this.#row(begun.intent, begun.at, outcome);
  }

  #row(intent: ExchangeIntent, at: string, outcome?: ExchangeOutcome): void {
    const text = intent.request['text'];
    const number = intent.exchange.slice(intent.exchange.lastIndexOf('.') + 1);
    const cells = [
      number,
      localClock(at),
      verdictOf(intent),
      outcome === undefined ? (intent.effect === 'deny' ? 'not forwarded' : 'none yet') : outcomeOf(outcome),
      outcome === undefined ? '' : duration(outcome.durationMs),
      typeof text === 'string' ? text : intent.summary,
    ];
    this.#io.stdout.write(tableRow(COLUMNS, cells));
  }

  #closed(event: SessionClosed, at: string): void {
    const text = `closed ${localTime(at)}: ${event.reason}; ${event.exchanges} exchanges, ${event.refused} refused`;
    this.#io.stdout.write(`\n${printable(text, 400)}\n`);
  }
}

function verdictOf({ effect, rules, cause }: ExchangeIntent): string {
  const by = rules.length > 0 ? rules.join(', ') : (cause ?? '');
  return by === '' ? effect : `${effect}: ${by}`;
}

function outcomeOf({ status, result }: ExchangeOutcome): string {
  const detail = result['tag'] ?? result['sqlstate'] ?? result['reason'];
  return typeof detail === 'string' ? `${status}: ${detail}` : status;
}
