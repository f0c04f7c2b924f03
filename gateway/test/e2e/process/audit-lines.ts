/** The audit's lines as they come, read on from where the last look ended: what was on file once must stay as it was. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditRecord } from '../../support/gateway.ts';

/** What is on file of one data folder. */
export class AuditLines {
  readonly #folder: string;
  readonly #lines: string[] = [];
  readonly #records: AuditRecord[] = [];
  /** Segment that was read last, and how many of its lines. */
  #segment = '';
  #taken = 0;

  constructor(dataDir: string) {
    this.#folder = path.join(dataDir, 'audit');
  }

  /** All events so far, in order, as of now; a torn last line is left out. */
  read(): readonly AuditRecord[] {
    for (const name of this.#segments()) {
      if (name < this.#segment) continue;
      if (name > this.#segment) {
        this.#segment = name;
        this.#taken = 0;
      }
      const lines = this.#linesOf(name);
      for (const line of lines.slice(this.#taken)) {
        this.#lines.push(line);
        this.#records.push((JSON.parse(line) as { readonly event: AuditRecord }).event);
      }
      this.#taken = lines.length;
    }
    return this.#records;
  }

  /** The first line that was on file once and is not any more, or is another one. */
  changed(): string | undefined {
    const now = this.#segments().flatMap((name) => this.#linesOf(name));
    return this.#lines.find((line, at) => line !== now[at]);
  }

  #segments(): readonly string[] {
    return readdirSync(this.#folder)
      .filter((name) => /^\d+\.jsonl$/.test(name))
      .sort();
  }

  #linesOf(name: string): readonly string[] {
    return readFileSync(path.join(this.#folder, name), 'utf8').split('\n').slice(0, -1);
  }
}
