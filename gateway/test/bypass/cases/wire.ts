/** Bytes that no driver would send. The DELETE inside must neither run nor reach the server. */
import {
  bind,
  close,
  copyData,
  copyDone,
  describeOf,
  execute,
  extended,
  flush,
  frame,
  parse,
  query,
  sync,
} from '../messages.ts';

/** How the gateway ends it: an error and the session goes on, or FATAL because the framing can no longer be trusted. */
export type Ending = 'session lives' | 'session ends';

/** One packet, or several that are sent one after the other. */
export interface WireCase {
  readonly name: string;
  readonly packets: readonly Uint8Array[];
  readonly ending: Ending;
  /** SQLSTATE of the first error; undefined when there is none. */
  readonly code: string | undefined;
}

const EVIL = 'DELETE FROM companies';
const NUL = '\0';

function bytes(...parts: readonly (string | readonly number[])[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
  );
}

function lives(name: string, code: string | undefined, ...packets: readonly Uint8Array[]): WireCase {
  return { name, packets, ending: 'session lives', code };
}

function ends(name: string, ...packets: readonly Uint8Array[]): WireCase {
  return { name, packets, ending: 'session ends', code: '08P01' };
}

/** Lengths, terminators, encodings. */
export const FRAMES: readonly WireCase[] = [
  ends('a statement behind the NUL of a Query', frame('Q', `SELECT 1${NUL}; ${EVIL}${NUL}`)),
  ends('a statement behind the NUL of a Parse', frame('P', `${NUL}SELECT 1${NUL}${EVIL}${NUL}${NUL}${NUL}`)),
  ends('a Query without its NUL', frame('Q', EVIL)),
  ends('a Query without a body', frame('Q', '')),
  ends('a length under four', frame('Q', `${EVIL}${NUL}`, 3)),
  ends('a length of zero', frame('Q', `${EVIL}${NUL}`, 0)),
  ends('a negative length', frame('Q', `${EVIL}${NUL}`, -1)),
  ends('the least length', frame('Q', `${EVIL}${NUL}`, -0x8000_0000)),
  ends('the greatest length', frame('Q', `${EVIL}${NUL}`, 0x7fff_ffff)),
  ends('a length that ends inside the text', frame('Q', `SELECT 1${NUL}${EVIL}${NUL}`, 4 + 8)),
  lives(
    'a length that hides a second message is two messages',
    '42501',
    frame('Q', bytes(`SELECT 1${NUL}`, [...query(EVIL)]), 4 + 9),
  ),
  ends('a whole message inside a text', frame('Q', bytes("SELECT '", [...query(EVIL)], `'${NUL}`))),
  ends('a byte that is no UTF-8', frame('Q', bytes("SELECT '", [0xff], `'; ${EVIL}; --${NUL}`))),
  ends('an overlong quote', frame('Q', bytes("SELECT '", [0xc0, 0xa7], `; ${EVIL}; --'${NUL}`))),
  ends(
    'half a character that swallows a quote',
    frame('Q', bytes("SELECT '", [0xe2, 0x82], `'; ${EVIL}; --'${NUL}`)),
  ),
  ends('a surrogate', frame('Q', bytes("SELECT '", [0xed, 0xa0, 0x80], `'; ${EVIL}${NUL}`))),
  ends(
    'a character beyond Unicode',
    frame('Q', bytes("SELECT '", [0xf4, 0x90, 0x80, 0x80], `'; ${EVIL}${NUL}`)),
  ),
  ends('an overlong NUL', frame('Q', bytes('SELECT 1', [0xc0, 0x80], `; ${EVIL}${NUL}`))),
  ends('a name that is no UTF-8', frame('P', bytes([0xff, 0], `${EVIL}${NUL}`, [0, 0]))),
  ends('a Parse that counts more types than it has', frame('P', bytes(`${NUL}${EVIL}${NUL}`, [0xff, 0xff]))),
  ends(
    'a Parse with bytes behind its types',
    frame('P', bytes(`${NUL}SELECT 1${NUL}`, [0, 0], `${EVIL}${NUL}`)),
  ),
  ends(
    'a Bind with a value longer than itself',
    parse('SELECT $1::text'),
    frame('B', [0, 0, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0x41, 0, 0]),
  ),
  ends(
    'a Bind with a value of negative length',
    parse('SELECT $1::text'),
    frame('B', [0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0]),
  ),
  ends(
    'a Bind with an unknown format',
    parse('SELECT $1::text'),
    frame('B', [0, 0, 0, 1, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0]),
  ),
  ends(
    'an Execute of a negative number of rows',
    extended('SELECT 1'),
    frame('E', [0, 0xff, 0xff, 0xff, 0xff]),
  ),
  ends('an Execute with bytes behind it', extended('SELECT 1'), frame('E', bytes([0, 0, 0, 0, 0], EVIL))),
  ends('a Describe of neither', frame('D', `X${NUL}`)),
  ends('a Close of neither', frame('C', `X${NUL}`)),
  ends('a Sync with a body', frame('S', `${EVIL}${NUL}`)),
  ends('a Flush with a body', frame('H', `${EVIL}${NUL}`)),
  ends('a FunctionCall with less than it says', frame('F', [0, 0, 0, 1, 0xff, 0xff])),
];

/** Types that have no business here. */
export const TYPES: readonly WireCase[] = [
  ends('a type that does not exist', frame('Y', `${EVIL}${NUL}`)),
  // Read as a type and a length these are long messages: the rest of them has to come.
  ends('an SSLRequest in the session', bytes([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f], 'x'.repeat(3_000))),
  ends('a second startup packet', bytes([0, 0, 0, 9, 0, 3, 0, 0, 0], 'x'.repeat(3_000))),
  ends('a second password', frame('p', `token${NUL}`)),
  ends('a message of the server', frame('Z', 'I')),
  ends('the query of protocol 2', bytes('Q', `${EVIL}${NUL}`, [0, 0, 0, 0])),
  lives('CopyData outside of COPY is ignored', undefined, copyData(`${EVIL}\n`)),
  lives('CopyDone outside of COPY is ignored', undefined, copyDone()),
  lives('CopyFail outside of COPY is ignored', undefined, frame('f', `${EVIL}${NUL}`)),
];

/** Right messages in odd order. */
export const ORDER: readonly WireCase[] = [
  lives(
    'a refused Parse without Sync, then a Query',
    '42501',
    parse(EVIL),
    query("INSERT INTO companies VALUES (90, 'x')"),
  ),
  lives(
    'a refused Parse without Sync, then a good batch',
    '42501',
    parse(EVIL),
    extended("INSERT INTO companies VALUES (90, 'x')"),
  ),
  lives('a Query in the middle of a batch', '42501', parse('SELECT 1'), bind(), query(EVIL), execute()),
  lives(
    'a Query in the middle of a batch, its unnamed statement gone',
    '42501',
    parse(EVIL),
    query('SELECT 1'),
    bind(),
    execute(),
  ),
  lives(
    'a Flush before anything, and after everything',
    '42501',
    flush(),
    flush(),
    extended(EVIL),
    flush(),
    flush(),
  ),
  lives('a Bind without Parse', '26000', bind('nothing'), execute()),
  lives(
    'a Bind of the unnamed statement that was refused',
    '42501',
    parse(EVIL),
    bind(),
    execute(),
    sync(),
    bind(),
    execute(),
  ),
  lives('an Execute without Bind', '34000', execute('nothing')),
  lives(
    'an Execute of a portal that was refused',
    '42501',
    parse(EVIL),
    bind('', 'p'),
    execute('p'),
    sync(),
    execute('p'),
  ),
  lives(
    'a Describe of what was refused',
    '42501',
    parse(EVIL, 's'),
    describeOf('statement', 's'),
    sync(),
    describeOf('statement', 's'),
  ),
  lives(
    'a Close of what was refused',
    '42501',
    parse(EVIL, 's'),
    close('statement', 's'),
    sync(),
    bind('s'),
    execute(),
  ),
  lives(
    'a Parse over a good statement that was refused',
    '42501',
    parse('SELECT 1', 's'),
    sync(),
    parse(EVIL, 's'),
    sync(),
    bind('s'),
    execute(),
  ),
  lives(
    'a Parse under an open name, pipelined over a Sync',
    '42P05',
    parse('SELECT 1', 's2'),
    sync(),
    parse('SELECT 2', 's2'),
    bind('s2'),
    execute(),
    sync(),
    bind('s2'),
    execute(),
  ),
  lives('two texts in one Parse', '42501', parse(`SELECT 1; ${EVIL}`)),
  lives('a refusal split into single bytes', '42501', ...[...query(EVIL)].map((byte) => Buffer.from([byte]))),
  lives('a refusal behind a good message in one packet', '42501', query('SELECT 1'), query(EVIL)),
];
