/** A recorded desktop, read entry by entry from the place at which all of it is known. */
import { Desktop } from '../../protocols/rdp/events/desktop.ts';
import type { DesktopEvent } from '../../protocols/rdp/events/desktop-event.ts';
import { readBlock } from '../../protocols/rdp/playback/read-block.ts';
import type { ReplayEntry } from '../../recording/replay.ts';
import { CliError } from '../errors.ts';

/** The protocol whose sessions are desktops. */
const PROTOCOL = 'rdp';

/** Takes entries in their order. */
export class DesktopReader {
  desktop: Desktop = new Desktop(false);
  /** Why the recording does not go on to its end; empty where it does. */
  missing = '';
  /** Time of the last entry, in milliseconds since the session was opened. */
  lastMs = 0;

  /** @param each told of every event before it is applied @throws CliError for a session without a desktop, PictureError */
  take(entry: ReplayEntry, each: (event: DesktopEvent, ms: number) => void = () => undefined): void {
    this.lastMs = Math.max(this.lastMs, entry.ms);
    switch (entry.type) {
      case 'session':
        if (!('protocol' in entry.head) || entry.head.protocol !== PROTOCOL)
          throw new CliError('ERR_CLI_USAGE', 'the session has no desktop: pictures are of sessions of RDP');
        break;
      case 'begin':
        this.desktop = new Desktop(true);
        break;
      case 'data':
        readBlock(entry.bytes, entry.ms, (event, ms) => {
          each(event, ms);
          this.desktop.take(event);
        });
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
}
