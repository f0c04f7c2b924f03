import { OpenFile } from './open-file.ts';
import type { OpenFolder } from './open-folder.ts';

/** Files and folders of one channel that are open: OpenSSH's server has as many. */
export const MOST_HANDLES = 100;

const HANDLE_BYTES = 4;

/** Handles of the gateway's own: what a client makes up opens nothing, and none is used twice. */
export class Handles {
  readonly #open = new Map<number, OpenFile | OpenFolder>();
  #last = 0;
  #reserved = 0;

  /** Keeps a place for what is about to be opened; false where there is none. */
  reserve(): boolean {
    if (this.#open.size + this.#reserved >= MOST_HANDLES || this.#last >= 0xffffffff) return false;
    this.#reserved += 1;
    return true;
  }

  /** Gives the place back, with a handle where something was opened. */
  fill(opened: OpenFile | OpenFolder | undefined): Buffer {
    this.#reserved -= 1;
    const handle = Buffer.alloc(HANDLE_BYTES);
    if (opened === undefined) return handle;
    this.#last += 1;
    handle.writeUInt32BE(this.#last);
    this.#open.set(this.#last, opened);
    return handle;
  }

  find(handle: Buffer): OpenFile | OpenFolder | undefined {
    return handle.length === HANDLE_BYTES ? this.#open.get(handle.readUInt32BE(0)) : undefined;
  }

  file(handle: Buffer): OpenFile | undefined {
    const found = this.find(handle);
    return found instanceof OpenFile ? found : undefined;
  }

  folder(handle: Buffer): OpenFolder | undefined {
    const found = this.find(handle);
    return found === undefined || found instanceof OpenFile ? undefined : found;
  }

  /** It is closed from here on, whatever the machine says. */
  take(handle: Buffer): OpenFile | OpenFolder | undefined {
    const found = this.find(handle);
    if (found !== undefined) this.#open.delete(handle.readUInt32BE(0));
    return found;
  }

  /** What was not closed is over. */
  settleAll(): void {
    for (const opened of this.#open.values()) opened.settle('cancelled');
    this.#open.clear();
  }
}
