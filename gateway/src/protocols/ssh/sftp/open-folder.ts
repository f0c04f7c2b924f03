/** A folder that is being listed. */
import type { Outcome } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { Allowed, FileWork } from './file-work.ts';
import type { NameEntry } from './wire/replies.ts';

/** An open folder of the machine: names that a deny rule hits are left out, and counted. */
export class OpenFolder {
  readonly permit: Permit;
  readonly remote: Buffer;
  readonly #path: string;
  readonly #work: FileWork;
  readonly #masks: Allowed['masks'];
  #entries = 0;
  #hidden = 0;

  constructor({ permit, places, masks }: Allowed, work: FileWork, remote: Buffer) {
    this.permit = permit;
    this.#masks = masks;
    this.remote = remote;
    this.#path = places[0]?.path ?? '/';
    this.#work = work;
  }

  /** What of it may be told. @param unreadable names that nobody can judge */
  shown(entries: readonly NameEntry[], unreadable: number): readonly NameEntry[] {
    const shown = entries.filter(({ name }) => this.#isShown(name));
    this.#entries += shown.length;
    this.#hidden += entries.length - shown.length + unreadable;
    return shown;
  }

  #isShown(name: string): boolean {
    if (name === '.' || name === '..') return true;
    // A name with a slash is none: it would lead a client out of the folder that it writes to.
    if (name === '' || name.includes('/')) return false;
    // A name may be a value.
    if (this.#masks?.scanner?.scanBytes(Buffer.from(name)) !== undefined) return false;
    const path = `${this.#path === '/' ? '' : this.#path}/${name}`;
    const { decision } = this.#work.allows({
      uses: [{ operations: ['LIST'], paths: [path], asked: path }],
    });
    // Names belong to the folder, which may be listed: only what is denied by name is left out.
    return decision.effect === 'permit' || decision.cause === 'default';
  }

  /** On record. Idempotent. */
  settle(status: Outcome['status'] = 'ok'): void {
    const result = { entries: this.#entries, ...(this.#hidden === 0 ? {} : { hidden: this.#hidden }) };
    this.#work.gate.settle(this.permit, { status, result });
  }
}
