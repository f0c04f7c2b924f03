import type { Detector } from '../detect/detector.ts';
import { LONGEST_SIDE } from '../detect/limits.ts';
import type { ScanInput } from '../detect/scan-input.ts';

const COLON = 0x3a;
const AT = 0x40;
/** What a value of a connection string ends with: libpq, JDBC, ADO.NET, ODBC, shell. */
const ENDS = /[ \t\r\n;&,'"<>]/;

/**
 * User name and password in a URL (RFC 3986 3.2.1: `postgres://user:password@host`), and passwords in connection
 * strings (`password=…`, `Pwd=…;`, `AccountKey=…`). The finding is what is secret; the host stays readable.
 */
export const urlCredentials: Detector = {
  name: 'url-credentials',
  colon(input, position) {
    if (input.at(position + 1) !== 0x2f || input.at(position + 2) !== 0x2f) {
      return;
    }
    const start = position + 3;
    const most = Math.min(input.end, start + 2 * LONGEST_SIDE);
    let colon = -1;
    let at = -1;
    for (let here = start; here < most && !endsAuthority(input.at(here)); here += 1) {
      if (input.at(here) === COLON && colon === -1) {
        colon = here;
      } else if (input.at(here) === AT) {
        at = here;
      }
    }
    if (colon !== -1 && colon < at - 1) {
      input.hit(start, at);
    }
  },
  equals(input, position) {
    const name =
      /(?:^|[^a-z])(?:[a-z]+_)?(password|passwd|pwd|pass|accountkey|sharedaccesskey|sig|secret)\s*$/i;
    if (!name.test(input.slice(position - 24, position))) {
      return;
    }
    let start = position + 1;
    while (input.at(start) === 0x20 && start - position < 4) {
      start += 1;
    }
    const end = valueEnd(input, start);
    if (end - start >= 3) {
      input.hit(start, end);
    }
  },
};

/** A slash, question mark or number sign ends an authority; so does what cannot stand in a URL. */
function endsAuthority(byte: number): boolean {
  return byte === 0x2f || byte === 0x3f || byte === 0x23 || byte <= 0x20 || byte === 0x22 || byte === 0x3c;
}

function valueEnd(input: ScanInput, start: number): number {
  const quote = input.at(start);
  if (quote === 0x27 || quote === 0x22) {
    for (let end = start + 1; end < Math.min(input.end, start + LONGEST_SIDE); end += 1) {
      if (input.at(end) === quote) {
        return end + 1;
      }
    }
  }
  const found = ENDS.exec(input.slice(start, start + LONGEST_SIDE));
  return found === null ? Math.min(input.end, start + LONGEST_SIDE) : start + found.index;
}
