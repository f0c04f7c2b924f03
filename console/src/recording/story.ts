/** A recording as it is shown: its lines put together into exchanges, within bounds. */
import type { RecordingLine } from '../../../gateway/src/api/contract/recording.ts';

/** Rows of one exchange that are kept; the others are counted. */
const MOST_ROWS = 200;
/** Characters of one side of an exchange that are kept. */
const MOST_TEXT = 100_000;
/** Exchanges of one recording that are kept at once. */
const MOST_EXCHANGES = 2_000;

/** A table of a result. */
export interface ResultTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: (readonly (string | null)[])[];
  furtherRows: number;
}

/** Columns that were masked, by rule and method. */
export interface MaskedColumn {
  readonly column: string;
  readonly rule: string;
  readonly method: string;
  readonly values: number;
}

/** One request and what came of it. */
export interface ShownExchange {
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly session: string;
  readonly protocol: string;
  readonly resource: string;
  readonly text: string;
  readonly steps: readonly string[];
  readonly parameters: readonly unknown[];
  readonly summary: string;
  readonly effect: 'permit' | 'deny';
  readonly cause: string | undefined;
  readonly decision: string;
  readonly rules: readonly string[];
  readonly observed: readonly { readonly rule: string; readonly effect: string }[];
  readonly grant: string | undefined;
  /** Undefined while it runs. */
  status: string | undefined;
  durationMs: number | undefined;
  /** What the gateway told the client instead. */
  refusal: string | undefined;
  rowCount: number | undefined;
  tag: string | undefined;
  masked: readonly MaskedColumn[];
  readonly tables: ResultTable[];
  sent: string;
  received: string;
  readonly reports: { readonly severity: string; readonly code: string; readonly message: string }[];
  isCut: boolean;
}

/** What is known of a recording so far. */
export interface Story {
  readonly session: string;
  readonly protocol: string;
  readonly resource: string;
  readonly openedMs: number;
  readonly exchanges: readonly ShownExchange[];
  readonly furtherExchanges: number;
  readonly notes: readonly { readonly atMs: number; readonly name: string }[];
  readonly closed: { readonly atMs: number; readonly reason: string } | undefined;
  readonly problem: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Takes lines, one after the other. */
export class StoryTeller {
  readonly #session: string;
  readonly #exchanges = new Map<number, ShownExchange>();
  readonly #notes: { readonly atMs: number; readonly name: string }[] = [];
  #protocol = '';
  #resource = '';
  #openedMs = 0;
  #further = 0;
  #closed: Story['closed'];
  #problem: string | undefined;

  constructor(session: string) {
    this.#session = session;
  }

  take(line: RecordingLine): void {
    const head: Fields = line.head ?? {};
    const atMs = this.#openedMs + (line.ms ?? 0);
    const exchange = this.#exchanges.get(line.exchange ?? 0);
    switch (line.type) {
      case 'session':
        this.#protocol = textOf(head['protocol']);
        this.#resource = textOf(head['resource']);
        this.#openedMs = Date.parse(textOf(head['openedAt']));
        break;
      case 'begin':
        if (this.#exchanges.size >= MOST_EXCHANGES) this.#further += 1;
        else this.#exchanges.set(line.exchange ?? 0, this.#begin(line.exchange ?? 0, atMs, head));
        break;
      case 'data':
        if (exchange !== undefined) for (const item of line.items ?? []) takeItem(exchange, item);
        break;
      case 'end':
        if (exchange !== undefined) takeEnd(exchange, head);
        break;
      case 'cap':
        if (exchange !== undefined) exchange.isCut = true;
        break;
      case 'note':
        this.#notes.push({ atMs, name: textOf(head['name']) });
        break;
      case 'close':
      case 'cut':
        this.#closed = { atMs, reason: textOf(head['reason']) || 'cut' };
        break;
      case 'error':
        this.#problem = 'the rest of the recording cannot be read';
        break;
      default:
    }
  }

  /** How it stands; a new object each time. */
  story(): Story {
    return {
      session: this.#session,
      protocol: this.#protocol,
      resource: this.#resource,
      openedMs: this.#openedMs,
      exchanges: [...this.#exchanges.values()].map((exchange) => ({ ...exchange })),
      furtherExchanges: this.#further,
      notes: [...this.#notes],
      closed: this.#closed,
      problem: this.#problem,
    };
  }

  #begin(number: number, atMs: number, head: Fields): ShownExchange {
    const request = fieldsOf(head['request']);
    const steps = request['steps'];
    const parameters = request['parameters'];
    return {
      number,
      atMs,
      session: this.#session,
      protocol: this.#protocol,
      resource: this.#resource,
      text: textOf(request['text']) || textOf(head['summary']),
      steps: Array.isArray(steps) ? steps.map(String) : [],
      parameters: Array.isArray(parameters) ? parameters : [],
      summary: textOf(head['summary']),
      effect: head['effect'] === 'permit' ? 'permit' : 'deny',
      cause: optional(head['cause']),
      decision: textOf(head['decision']),
      rules: listOf(head['rules']).map(String),
      observed: listOf(head['observed']) as ShownExchange['observed'],
      grant: optional(head['grant']),
      status: undefined,
      durationMs: undefined,
      refusal: undefined,
      rowCount: undefined,
      tag: undefined,
      masked: [],
      tables: [],
      sent: '',
      received: '',
      reports: [],
      isCut: false,
    };
  }
}

/**
 * What people count as one request: that a client prepared a statement is left out where the statement runs right after,
 * or where that was refused.
 */
export function withoutPreparations(exchanges: readonly ShownExchange[]): readonly ShownExchange[] {
  return exchanges.filter((exchange, index) => {
    const isPreparation = exchange.steps.every((step) => step === 'parse') && exchange.steps.length > 0;
    if (!isPreparation || exchange.effect === 'deny') return true;
    return !exchanges
      .slice(index + 1)
      .some((later) => later.text === exchange.text && !later.steps.includes('parse'));
  });
}

function takeItem(exchange: ShownExchange, item: Fields): void {
  switch (item['kind']) {
    case 'columns':
      exchange.tables.push({
        columns: listOf(item['columns']) as ResultTable['columns'],
        rows: [],
        furtherRows: 0,
      });
      break;
    case 'row': {
      const table = exchange.tables.at(-1);
      if (table === undefined) break;
      if (table.rows.length < MOST_ROWS) table.rows.push(listOf(item['cells']) as readonly (string | null)[]);
      else table.furtherRows += 1;
      break;
    }
    case 'text':
      addText(exchange, item['from'] === 'client' ? 'sent' : 'received', textOf(item['text']));
      break;
    case 'report':
      exchange.reports.push({
        severity: textOf(item['severity']),
        code: textOf(item['code']),
        message: textOf(item['message']),
      });
      break;
    case 'unreadable':
      exchange.isCut = true;
      break;
    default:
  }
}

function addText(exchange: ShownExchange, side: 'sent' | 'received', text: string): void {
  // Heads and bodies of HTTP come as pieces of their own.
  const isHead = exchange.protocol === 'http' && exchange[side] !== '';
  const joined = exchange[side] + (isHead && !exchange[side].includes('\n\n') ? '\n\n' : '') + text;
  if (joined.length > MOST_TEXT) exchange.isCut = true;
  exchange[side] = joined.slice(0, MOST_TEXT);
}

function takeEnd(exchange: ShownExchange, head: Fields): void {
  const result = fieldsOf(head['result']);
  const masked = fieldsOf(result['masked']);
  exchange.status = textOf(head['status']);
  exchange.durationMs = typeof head['durationMs'] === 'number' ? head['durationMs'] : undefined;
  exchange.refusal = optional(result['message']);
  exchange.rowCount = typeof result['rows'] === 'number' ? result['rows'] : undefined;
  exchange.tag =
    optional(result['tag']) ?? (typeof result['status'] === 'number' ? String(result['status']) : undefined);
  exchange.masked = listOf(masked['columns']) as readonly MaskedColumn[];
  if (typeof head['droppedBytes'] === 'number' && head['droppedBytes'] > 0) exchange.isCut = true;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function optional(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
