/** A recording as text for a terminal. All of it comes from a hostile place: nothing is printed but through `printable`. */
import type { PlaybackColumn, PlaybackItem } from '../model/playback.ts';
import type { ReplayEntry } from '../recording/replay.ts';
import type { CliIo } from './command.ts';
import { duration, localClock, localTime, localZone } from './local-time.ts';
import { printable } from './printable.ts';
import { type Column, fitted, tableRow } from './table.ts';

const MAX_LINES = 60;
const MAX_LINE = 400;
const MAX_CELL = 40;
const MAX_COLUMNS = 40;
/** Results that are gathered at once; a client may have many exchanges under way. */
const MAX_OPEN = 64;
const INDENT = '    ';

interface Result {
  columns: readonly PlaybackColumn[];
  rows: (readonly string[])[];
  more: number;
}

type Head = Readonly<Record<string, unknown>>;

/** Prints entries one after the other. */
export class ReplayText {
  readonly #io: CliIo;
  readonly #maxRows: number;
  readonly #results = new Map<number, Result>();
  #openedMs = 0;
  #isClosed = false;
  #isCut = false;

  constructor(io: CliIo, maxRows: number) {
    this.#io = io;
    this.#maxRows = maxRows;
  }

  /** The recording was read to its end, and that was in order. */
  get isWhole(): boolean {
    return this.#isClosed && !this.#isCut;
  }

  /** @param items what the bytes of a data entry say; undefined where nobody can read them */
  show(entry: ReplayEntry, items: readonly PlaybackItem[] | undefined): void {
    const at = this.#clock(entry.ms);
    switch (entry.type) {
      case 'session':
        this.#session(entry.head as Head);
        break;
      case 'begin':
        this.#begin(entry, entry.head as Head);
        break;
      case 'data':
        this.#data(entry.exchange, items, entry.bytes.length);
        break;
      case 'end':
        this.#end(entry.exchange, entry.head as Head);
        break;
      case 'note': {
        const { name, details } = entry.head as Head;
        this.#line(
          `${at}  ${entry.exchange === 0 ? '' : `#${entry.exchange} `}${text(name)}: ${JSON.stringify(details)}`,
        );
        break;
      }
      case 'cap': {
        const { cap, limit } = entry.head as Head;
        this.#line(
          `${INDENT}CAP: ${text(cap)} of ${text(limit)} bytes is reached; what follows was not recorded`,
        );
        break;
      }
      case 'close':
        this.#isClosed = true;
        this.#line(`\n${at}  closed: ${text((entry.head as Head)['reason'])}`);
        break;
      case 'cut':
        this.#isCut = true;
        this.#line(`\n${at}  CUT: the gateway died here, or its disk refused; what came after is not known`);
        break;
      case 'unknown':
        this.#line(`${at}  a frame of type ${entry.code}, which this version does not know`);
        break;
      case 'alive':
        break;
    }
  }

  /** Prints results that have no end. */
  finish(): void {
    for (const exchange of [...this.#results.keys()]) this.#flush(exchange);
    if (!this.#isClosed && !this.#isCut)
      this.#line('\n(no end: the session is live, or was asked for in part)');
  }

  #session(head: Head): void {
    const principal = objectOf(head['principal']);
    const openedAt = text(head['openedAt']);
    this.#openedMs = Date.parse(openedAt);
    const caps =
      head['results'] === false ? 'results are not recorded' : `caps ${JSON.stringify(head['caps'])}`;
    const lines: readonly (readonly [string, string])[] = [
      ['session', text(head['session'])],
      [
        'opened',
        `${localTime(openedAt)} ${localZone()}, ${text(head['protocol'])} from ${text(head['sourceAddress'])}`,
      ],
      ['principal', `${text(principal['subject'])} of ${text(principal['issuer'])}`],
      ['agent', text(principal['agent']) || '(none)'],
      ['run', text(principal['run']) || '(none)'],
      ['resource', `${text(head['account'])}@${text(head['resource'])}`],
      ['recorded', caps],
    ];
    for (const [name, value] of lines)
      this.#io.stdout.write(`${name.padEnd(10)} ${printable(value, MAX_LINE)}\n`);
  }

  #begin({ ms, exchange }: ReplayEntry, head: Head): void {
    const rules = Array.isArray(head['rules']) ? head['rules'].map(text).join(', ') : '';
    const by = rules === '' ? text(head['cause']) : rules;
    this.#line(
      `\n${this.#clock(ms)}  #${exchange}  ${text(head['effect'])}${by === '' ? '' : ` by ${by}`}  ${text(head['decision'])}`,
    );
    const request = objectOf(head['request']);
    const { text: statement, ...rest } = request;
    this.#block(typeof statement === 'string' ? statement : text(head['summary']));
    if (Object.keys(rest).length > 0) this.#line(`${INDENT}${JSON.stringify(rest)}`);
    if (Array.isArray(head['omitted'])) this.#line(`${INDENT}cut: ${JSON.stringify(head['omitted'])}`);
  }

  #data(exchange: number, items: readonly PlaybackItem[] | undefined, bytes: number): void {
    if (items === undefined)
      this.#line(`${INDENT}${bytes} bytes of a protocol that this version does not know`);
    for (const item of items ?? []) this.#item(exchange, item);
  }

  #item(exchange: number, item: PlaybackItem): void {
    switch (item.kind) {
      case 'columns':
        this.#flush(exchange);
        this.#result(exchange).columns = item.columns;
        break;
      case 'row': {
        const result = this.#result(exchange);
        if (result.rows.length >= this.#maxRows) result.more += 1;
        else
          result.rows.push(
            item.cells
              .slice(0, MAX_COLUMNS)
              .map((cell) => (cell === null ? 'NULL' : printable(cell, MAX_CELL))),
          );
        break;
      }
      case 'text':
        this.#block(`${item.from === 'client' ? '>' : '<'} ${item.text}`);
        break;
      case 'report': {
        this.#flush(exchange);
        const more = Object.entries(item.more).map(([name, value]) => `; ${name}: ${value}`);
        this.#line(`${INDENT}${item.severity.toUpperCase()} ${item.code}: ${item.message}${more.join('')}`);
        break;
      }
      case 'done':
        this.#flush(exchange);
        this.#line(`${INDENT}${item.text}`);
        break;
      case 'unreadable':
        this.#flush(exchange);
        this.#line(`${INDENT}cannot be read further: ${item.reason}`);
        break;
      case 'other':
        if (item.name.includes(' ')) this.#line(`${INDENT}${item.name}`);
        break;
    }
  }

  #end(exchange: number, head: Head): void {
    this.#flush(exchange);
    const dropped = Number(head['droppedBytes']);
    const parts = [
      `${INDENT}${text(head['status'])} in ${duration(Number(head['durationMs']))}`,
      ...(Object.keys(objectOf(head['result'])).length === 0 ? [] : [JSON.stringify(head['result'])]),
      ...(head['masked'] === undefined ? [] : [`masked ${JSON.stringify(head['masked'])}`]),
      ...(dropped > 0 ? [`${dropped} bytes not recorded`] : []),
    ];
    this.#line(parts.join('  '));
  }

  #result(exchange: number): Result {
    let result = this.#results.get(exchange);
    if (result === undefined) {
      const [oldest] = this.#results.keys();
      if (this.#results.size >= MAX_OPEN && oldest !== undefined) this.#flush(oldest);
      result = { columns: [], rows: [], more: 0 };
      this.#results.set(exchange, result);
    }
    return result;
  }

  /** The table of a result that is over. */
  #flush(exchange: number): void {
    const result = this.#results.get(exchange);
    if (result === undefined) return;
    this.#results.delete(exchange);
    const { rows, more, columns } = result;
    const width = Math.min(MAX_COLUMNS, Math.max(columns.length, ...rows.map((row) => row.length)));
    const wide: readonly Column[] = Array.from({ length: width }, (_, index) => ({
      title: printable(columns[index]?.name ?? `(${index + 1})`, MAX_CELL),
      width: MAX_CELL,
    }));
    const table = fitted(wide, rows);
    if (width > 0)
      this.#io.stdout.write(
        INDENT +
          tableRow(
            table,
            table.map(({ title }) => title),
          ),
      );
    if (width > 0)
      this.#io.stdout.write(
        INDENT +
          tableRow(
            table,
            table.map((column) => '-'.repeat(column.width)),
          ),
      );
    for (const row of rows) this.#io.stdout.write(INDENT + tableRow(table, row));
    if (more > 0) this.#line(`${INDENT}… ${more} more rows`);
    if (columns.length > MAX_COLUMNS) this.#line(`${INDENT}… ${columns.length - MAX_COLUMNS} more columns`);
  }

  /** Text of several lines, each made harmless. */
  #block(value: string): void {
    const lines = value
      .slice(0, MAX_LINES * MAX_LINE)
      .trimEnd()
      .split('\n');
    for (const line of lines.slice(0, MAX_LINES)) {
      const indent = /^ {0,40}/.exec(line)?.[0] ?? '';
      this.#io.stdout.write(`${INDENT}${indent}${printable(line, MAX_LINE)}\n`);
    }
    if (lines.length > MAX_LINES) this.#line(`${INDENT}… ${lines.length - MAX_LINES} more lines`);
  }

  /** One line; the spaces and the line end at its beginning are ours. */
  #line(value: string): void {
    const lead = /^\n? */.exec(value)?.[0] ?? '';
    this.#io.stdout.write(`${lead}${printable(value.slice(lead.length), MAX_LINE * 2)}\n`);
  }

  #clock(ms: number): string {
    const time = new Date(this.#openedMs + ms);
    return Number.isNaN(time.getTime()) ? `+${ms} ms` : localClock(time.toISOString());
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function objectOf(value: unknown): Head {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Head) : {};
}
