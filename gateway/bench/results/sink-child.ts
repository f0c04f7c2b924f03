/**
 * `node sink-child.ts '{"host":…}'`: a PostgreSQL client that does nothing with rows but count them, because psql is slower
 * than what is measured. Logs in over plaintext (trust, or the password in the clear), asks, prints a {@link SinkResult}.
 */
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { type Frame, FrameSplitter } from '../../src/protocols/postgres/wire/frame-splitter.ts';
import { encodePassword } from '../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeQuery } from '../../src/protocols/postgres/wire/frontend/query.ts';
import { encodeStartup } from '../../src/protocols/postgres/wire/startup.ts';

/** What is asked of whom. */
export interface SinkTask {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly query: string;
}

/** What came. */
export interface SinkResult {
  /** From the question to ReadyForQuery. */
  readonly ms: number;
  /** DataRow and CopyData messages. */
  readonly rows: number;
  /** Bytes of everything that was answered. */
  readonly bytes: number;
  /** The first error, as the server worded it. */
  readonly error?: string;
}

const DATA_ROW = 0x44;
const COPY_DATA = 0x64;
const ERROR = 0x45;
const READY = 0x5a;
const AUTHENTICATION = 0x52;
/** AuthenticationCleartextPassword. */
const CLEARTEXT = 3;

const task = JSON.parse(process.argv[2] ?? '') as SinkTask;
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
const splitter = new FrameSplitter({
  maxFrameBytes: 1024 * 1024,
  streams: (type) => type === DATA_ROW || type === COPY_DATA,
  source: 'upstream',
});
let rows = 0;
let bytes = 0;
let startMs = 0;

const { host, port, user, database } = task;
const socket = connect({ host, port, noDelay: true, onread: { buffer, callback: take } });
socket.on('connect', () =>
  socket.write(encodeStartup({ minor: 0, parameters: Object.entries({ user, database }) })),
);
socket.on('close', () => finish('the connection closed'));
socket.on('error', (cause) => finish(cause.message));

function take(count: number): boolean {
  if (startMs > 0) bytes += count;
  splitter.push(buffer.subarray(0, count));
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
    if (frame.type !== DATA_ROW && frame.type !== COPY_DATA) takeMessage(frame);
    else if (frame.first) rows += 1;
  }
  return true;
}

function takeMessage({ type, bytes: message, start, end }: Frame): void {
  if (type === ERROR) finish(message.toString('latin1', start, end).replaceAll(/[^ -~]+/g, ' '));
  else if (type === AUTHENTICATION && message.readInt32BE(start + 5) === CLEARTEXT) {
    socket.write(encodePassword(task.password));
  } else if (type !== READY) return;
  else if (startMs > 0) finish();
  else {
    startMs = performance.now();
    socket.write(encodeQuery(task.query));
  }
}

function finish(error?: string): void {
  const result: SinkResult = {
    ms: performance.now() - startMs,
    rows,
    bytes,
    ...(error === undefined ? {} : { error }),
  };
  writeSync(1, `${JSON.stringify(result)}\n`);
  process.exit(0);
}
