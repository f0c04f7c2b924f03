import type { Findings } from './audit-report.ts';
import { linesOf, readChunks } from './line-reader.ts';
import { type AuditRecord, parseRecord, readEnvelope } from './record.ts';

/** Name of the file of checkpoints in findings. */
export const CHECKPOINT_FILE = 'checkpoints.jsonl';

/** A checkpoint of the chain. */
export interface ChainCheckpoint {
  readonly seq: number;
  readonly hash: string;
  readonly segment: number;
}

interface Copy {
  readonly line: number;
  readonly record: AuditRecord | undefined;
}

/** Compares `checkpoints.jsonl` with the checkpoints of the chain, both in one pass. */
export class CheckpointCheck {
  readonly #findings: Findings;
  readonly #isSigned: (record: AuditRecord) => boolean;
  readonly #copies: AsyncGenerator<Copy>;
  #next: Copy | undefined;
  #hasBegun = false;
  #matched = 0;
  #firstUncopied: ChainCheckpoint | undefined;

  /** @param limit bytes of the file to look at: what it held when the verification began */
  constructor(
    findings: Findings,
    path: string | undefined,
    limit: number,
    isSigned: (record: AuditRecord) => boolean,
  ) {
    this.#findings = findings;
    this.#isSigned = isSigned;
    this.#copies = readCopies(path, limit);
  }

  /** Takes the next checkpoint of the chain. */
  async check(checkpoint: ChainCheckpoint): Promise<void> {
    for (;;) {
      const copy = await this.#peek();
      if (copy === undefined) {
        this.#firstUncopied ??= checkpoint;
        return;
      }
      const seq = copy.record?.seq ?? -1;
      if (seq > checkpoint.seq) {
        this.#add(
          copy.line,
          checkpoint.seq,
          `the copy of checkpoint ${checkpoint.seq} is missing before checkpoint ${seq}`,
        );
        return;
      }
      this.#next = undefined;
      if (seq === checkpoint.seq) {
        this.#matched += 1;
        if (copy.record?.hash !== checkpoint.hash) {
          this.#add(
            copy.line,
            seq,
            `checkpoint ${seq} is ${checkpoint.hash} in the log, but ${copy.record?.hash} was signed: the log was rewritten`,
          );
        }
        return;
      }
      this.#stray(copy);
    }
  }

  /**
   * The chain has ended. @param end where, @param newest the newest segment: only there may copies be missing,
   * because a crash can come between a checkpoint and its copy
   */
  async finish(
    end: { readonly file: string; readonly line: number; readonly seq: number },
    newest: number,
  ): Promise<void> {
    let lastCut = 0;
    for (let copy = await this.#peek(); copy !== undefined; copy = await this.#peek()) {
      this.#next = undefined;
      if (copy.record !== undefined && copy.record.seq > end.seq && this.#isSigned(copy.record))
        lastCut = copy.record.seq;
      else this.#stray(copy);
    }
    if (lastCut > 0) {
      const message = `the log ends at record ${end.seq}, but checkpoint ${lastCut} was signed: at least ${lastCut - end.seq} records were cut off`;
      this.#findings.add({ kind: 'cut', file: end.file, line: end.line, seq: end.seq, message });
    }
    const uncopied = this.#firstUncopied;
    if (uncopied !== undefined && (uncopied.segment < newest || this.#matched === 0)) {
      this.#add(this.#matched, uncopied.seq, `ends before checkpoint ${uncopied.seq}: it was cut or removed`);
    }
  }

  #stray(copy: Copy): void {
    const { record, line } = copy;
    if (record === undefined) this.#add(line, undefined, 'the line is not a record, or was changed');
    else if (!this.#isSigned(record))
      this.#add(line, record.seq, `the line is not a checkpoint that the key signed`);
    else
      this.#add(
        line,
        record.seq,
        `checkpoint ${record.seq} was signed, but the log has no such checkpoint: it was rewritten`,
      );
  }

  async #peek(): Promise<Copy | undefined> {
    if (this.#next === undefined) {
      const { value, done } = await this.#copies.next();
      this.#hasBegun = true;
      if (done !== true) this.#next = value;
    }
    return this.#next;
  }

  /** Frees the file. */
  async close(): Promise<void> {
    if (this.#hasBegun) await this.#copies.return(undefined);
  }

  #add(line: number, seq: number | undefined, message: string): void {
    this.#findings.add({
      kind: 'checkpoint',
      file: CHECKPOINT_FILE,
      line,
      ...(seq === undefined ? {} : { seq }),
      message,
    });
  }
}

/** A torn last line is left out: the copy is made after the checkpoint itself, and the next start makes it whole. */
async function* readCopies(path: string | undefined, limit: number): AsyncGenerator<Copy> {
  if (path === undefined) return;
  let number = 0;
  for await (const chunk of readChunks(path, limit)) {
    if (chunk.torn) return;
    for (const line of linesOf(chunk, number + 1)) {
      number = line.number;
      const envelope = readEnvelope(line.bytes);
      const isSound = envelope !== undefined && envelope.computed === envelope.hash;
      yield { line: number, record: isSound ? parseRecord(line.bytes) : undefined };
    }
  }
}
