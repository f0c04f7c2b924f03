/** A recorded desktop, read entry by entry from the place at which all of it is known. */
import { Desktop } from '../../protocols/rdp/events/desktop.ts';
import type { DesktopEvent } from '../../protocols/rdp/events/desktop-event.ts';
import { readBlock } from '../../protocols/rdp/playback/read-block.ts';
import type { ReplayEntry } from '../../recording/replay.ts';
import { CliError } from '../errors.ts';

/** The protocol whose sessions are desktops. */
const PROTOCOL = 'rdp';

/** So many bytes wait at most to be drawn. */
const WAITING_BYTES = 64 * 1024 * 1024;

/** Takes entries in their order. What nobody looks at before it is drawn over is not drawn. */
export class DesktopReader {
  /** Why the recording does not go on to its end; empty where it does. */
  missing = '';
  /** Time of the last entry, in milliseconds since the session was opened. */
  lastMs = 0;
  #desktop = new Desktop(false);
  #hasBegun = false;
  #waiting: DesktopEvent[] = [];
  #waitingBytes = 0;

  /** The desktop as all that was taken makes it. @throws PictureError */
  drawn(): Desktop {
    const events = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#desktop.takeAll(events);
    return this.#desktop;
  }

  /** @throws CliError for a session without a desktop, PictureError */
  take(entry: ReplayEntry): void {
    this.lastMs = Math.max(this.lastMs, entry.ms);
    switch (entry.type) {
      case 'session':
        if (!('protocol' in entry.head) || entry.head.protocol !== PROTOCOL)
          throw new CliError('ERR_CLI_USAGE', 'the session has no desktop: pictures are of sessions of RDP');
        break;
      case 'begin':
        // Others begin later: texts that are kept back.
        if (!this.#hasBegun) this.#desktop = new Desktop(true);
        break;
      case 'data':
        this.#hasBegun = true;
        this.#wait(entry);
        break;
      case 'cap':
        this.missing = 'a cap was reached: the rest was not recorded';
        break;
      case 'cut':
        this.missing = 'the recording was cut';
        break;
      default:
    }
  }

  #wait({ bytes, ms }: ReplayEntry & { type: 'data' }): void {
    // The bytes are good until the next entry: a block that is not compressed lies in them.
    readBlock(Buffer.from(bytes), ms, (event) => {
      this.#waiting.push(event);
      if (event.kind === 'rectangle') this.#waitingBytes += event.bytes.length;
      if (event.kind === 'rows') this.#waitingBytes += event.rgba.length;
    });
    if (this.#waitingBytes > WAITING_BYTES) this.drawn();
  }
}
