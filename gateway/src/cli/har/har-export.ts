/** Writes a recording as an HTTP archive (HAR 1.2), entry by entry, so that a long one needs no more memory. */
import type { ArchivedSession, ArchiveEntry, ExchangeArchive } from '../../model/recorded-exchange.ts';
import { protocols } from '../../protocols/index.ts';
import type { ReplayEntry } from '../../recording/replay.ts';
import { VERSION } from '../../version.ts';
import { CliError } from '../errors.ts';
import { ExchangeCollector, readSessionHead } from './exchange-collector.ts';

/** One archive. */
export class HarExport {
  readonly #write: (text: string) => Promise<void>;
  readonly #exchanges = new ExchangeCollector();
  #archive: ExchangeArchive | undefined;
  #entries = 0;
  #partial = 0;
  #missing = '';
  #isCut = false;

  /** @param write waits where the reader is slow */
  constructor(write: (text: string) => Promise<void>) {
    this.#write = write;
  }

  /** What the archive does not show; empty where it shows all. */
  get missing(): string {
    return this.#missing;
  }

  /** @throws CliError for a session of a protocol that has nothing alike */
  async take(entry: ReplayEntry): Promise<void> {
    if (entry.type === 'session') return this.#begin(readSessionHead(entry.head));
    if (entry.type === 'cut') this.#isCut = true;
    const over = this.#exchanges.take(entry);
    if (over !== undefined) await this.#add(await this.#archive?.add(over));
  }

  /** Exchanges without end are written too, and say so. The archive is complete afterwards, also when reading has failed. */
  async end(): Promise<void> {
    const archive = this.#archive;
    if (archive === undefined) return;
    for (const exchange of this.#exchanges.rest()) await this.#add(await archive.add(exchange));
    if (this.#partial === 1) this.#missing = `1 entry does not show all: ${this.#missing}`;
    if (this.#partial > 1) this.#missing = `${this.#partial} entries do not show all, as their comments say`;
    this.#missing = archive.end() ?? this.#missing;
    if (this.#exchanges.unread > 0) this.#missing = 'some exchanges cannot be read';
    if (this.#isCut) this.#missing = 'the recording was cut';
    const comment = this.#isCut ? ',"comment":"the recording was cut: what came after is not known"' : '';
    await this.#write(`\n]${comment}}}\n`);
  }

  async #begin(session: ArchivedSession): Promise<void> {
    if (this.#archive !== undefined) return;
    const { protocol } = session;
    const create = protocols.find(({ name }) => name === protocol)?.createArchive;
    if (create === undefined) {
      throw new CliError(
        'ERR_CLI_USAGE',
        `\`--har\` is for sessions of HTTP, and this one is of ${protocol}`,
      );
    }
    this.#archive = create(session);
    const { principal, resource, account, sourceAddress, hints, openedAt, details } = session;
    const page = {
      startedDateTime: openedAt,
      id: session.session,
      title: `${principal.subject} on ${resource}`,
      pageTimings: {},
    };
    const own = { session: session.session, principal, resource, account, sourceAddress, hints, details };
    const log = {
      version: '1.2',
      creator: { name: 'Sallyport', version: VERSION },
      pages: [page],
      _sallyport: own,
    };
    await this.#write(`{"log":${JSON.stringify(log).slice(0, -1)},"entries":[`);
  }

  async #add(made: ArchiveEntry | undefined): Promise<void> {
    if (made === undefined) return;
    if (made.missing !== undefined) {
      this.#partial += 1;
      this.#missing = made.missing;
    }
    await this.#write(`${this.#entries === 0 ? '' : ','}\n${JSON.stringify(made.entry)}`);
    this.#entries += 1;
  }
}
