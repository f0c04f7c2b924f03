import { readAudit } from '../../audit/read-audit.ts';
import type { RecordingEvent } from '../../model/recording-event.ts';
import { checkRecording, type Extent, type RecordingReport } from '../../recording/check-recording.ts';
import { openSource } from '../../recording/frame-reader.ts';
import { findRecording, recordingLayout, recordingPath } from '../../recording/layout.ts';
import type { CliContext, CliIo } from '../command.ts';
import { printable } from '../printable.ts';

/** One recording that is not as it should be. */
interface Finding {
  readonly session: string;
  readonly problem: string;
}

/** What the audit says of a recording that it knows to be open. */
interface Told {
  readonly extents: Extent[];
}

/** Marks of one recording that are checked, beside the first ones: the last covers all before it. */
const MAX_MARKS = 1000;
const MAX_FINDINGS = 1000;

/**
 * Checks recordings against the audit, which is verified by `audit verify`: first their ends as they come, then what is
 * still open. Holds open sessions only. Exit code 1 when something is wrong.
 */
export async function verifyRecordingsCommand(
  folder: string,
  { session, json }: { readonly session: string | undefined; readonly json: boolean },
  { io, setExitCode }: CliContext,
): Promise<void> {
  const verify = new Verification(folder);
  const filter = session === undefined ? {} : { session };
  for await (const { event } of readAudit(folder, filter)) {
    if (event.type.startsWith('recording.')) await verify.take(event as RecordingEvent);
  }
  const { checked, deleted, findings } = await verify.finish();
  const isKnown = session === undefined || checked + deleted + findings.length > 0;
  if (findings.length > 0 || !isKnown) setExitCode(1);
  if (json) {
    io.stdout.write(
      `${JSON.stringify({ ok: findings.length === 0 && isKnown, checked, deleted, findings }, null, 2)}\n`,
    );
    return;
  }
  if (isKnown) report(io, findings, checked, deleted);
  else io.stderr.write('the audit knows no recording of this session\n');
}

function report(io: CliIo, findings: readonly Finding[], checked: number, deleted: number): void {
  for (const { session, problem } of findings)
    io.stdout.write(`${printable(session, 80)}: ${printable(problem, 400)}\n`);
  const word = findings.length === 0 ? 'ok' : `FAIL: ${findings.length} findings`;
  io.stdout.write(
    `${word}: ${checked} recordings checked against the audit, ${deleted} deleted by retention\n`,
  );
  io.stdout.write('     the audit itself is proved by sallyport audit verify\n');
}

class Verification {
  readonly #layout: ReturnType<typeof recordingLayout>;
  readonly #open = new Map<string, Told>();
  /** Ended, and not found: unless the audit says that it was deleted. */
  readonly #missing = new Set<string>();
  readonly #findings: Finding[] = [];
  #checked = 0;
  #deleted = 0;

  constructor(folder: string) {
    this.#layout = recordingLayout(folder);
  }

  async take(event: RecordingEvent): Promise<void> {
    const { session } = event;
    if (event.type === 'recording.deleted') {
      this.#open.delete(session);
      this.#missing.delete(session);
      this.#deleted += 1;
      return;
    }
    const told = this.#open.get(session) ?? { extents: [] };
    this.#open.set(session, told);
    const { bytes, chain } = event;
    if (bytes > 0 && chain !== '') told.extents.push({ bytes, chain });
    if (told.extents.length > MAX_MARKS) told.extents.splice(1, 1);
    if (event.type !== 'recording.closed') return;
    this.#open.delete(session);
    await this.#check(session, told, { bytes, chain });
  }

  async finish(): Promise<{
    readonly checked: number;
    readonly deleted: number;
    readonly findings: readonly Finding[];
  }> {
    for (const [session, told] of this.#open) await this.#check(session, told, undefined);
    for (const session of this.#missing)
      this.#find(session, 'its recording is gone, and the audit does not say why');
    return { checked: this.#checked, deleted: this.#deleted, findings: this.#findings };
  }

  async #check(session: string, { extents }: Told, last: Extent | undefined): Promise<void> {
    const place = findRecording(this.#layout, session);
    if (place === undefined) {
      if (extents.length > 0) this.#missing.add(session);
      return;
    }
    const source = await openSource(recordingPath(this.#layout, place));
    let found: RecordingReport;
    try {
      found = await checkRecording(source, extents);
    } finally {
      await source.close();
    }
    this.#checked += 1;
    if (found.session !== session) this.#find(session, 'the recording is that of another session');
    if (last !== undefined && found.bytes !== last.bytes)
      this.#find(session, `it has ${found.bytes} bytes, and had ${last.bytes} when it ended`);
    for (const problem of found.findings) this.#find(session, problem);
  }

  #find(session: string, problem: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ session, problem });
  }
}
