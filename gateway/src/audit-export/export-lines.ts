/** Records in the form of an export. */
import { readAudit } from '../audit/read-audit.ts';
import type { AuditRecord } from '../audit/record.ts';
import type { ExportPlan } from './config.ts';
import { RecordContext } from './ocsf/context.ts';
import { toOcsf } from './ocsf/to-ocsf.ts';
import type { ExportLine } from './sinks/sink.ts';

/** Syslog's numbers for OCSF's severities: informational, low, medium, high. */
const LEVELS: Readonly<Record<number, number>> = { 1: 6, 2: 5, 3: 4, 4: 3 };
const INFORMATIONAL = 6;

/** Turns records into lines; of one export, since a record is told with what came before it. */
export class ExportLines {
  readonly #format: ExportPlan['format'];
  readonly #folder: string;
  readonly #context = new RecordContext();

  /** @param folder the data folder, where sessions are looked up that began before the export did */
  constructor(format: ExportPlan['format'], folder: string) {
    this.#format = format;
    this.#folder = folder;
  }

  /** The line of a record; undefined where the form has none for it. */
  async lineOf(record: AuditRecord): Promise<ExportLine | undefined> {
    const { seq, at, event } = record;
    const base = { seq, at, type: event.type };
    if (this.#format === 'jsonl') return { ...base, level: INFORMATIONAL, text: JSON.stringify(record) };
    await this.#learn(record);
    this.#context.note(record);
    const told = toOcsf(record, this.#context);
    this.#context.forget(record);
    if (told === undefined) return undefined;
    const level = LEVELS[Number(told['severity_id'])] ?? INFORMATIONAL;
    return { ...base, level, text: JSON.stringify(told) };
  }

  /** Takes in a record that is told nowhere, for those behind it. */
  pass(record: AuditRecord): void {
    if (this.#format === 'jsonl') return;
    this.#context.note(record);
    this.#context.forget(record);
  }

  async #learn({ event }: AuditRecord): Promise<void> {
    if (!('session' in event) || event.type === 'session.opened') return;
    const { session } = event;
    if (this.#context.knows(session)) return;
    for await (const { event: found } of readAudit(this.#folder, { session, type: 'session.opened' })) {
      if (found.type === 'session.opened') this.#context.learn(session, found);
      return;
    }
    this.#context.learn(session, undefined);
  }
}
