/** What a server sent, decoded: for clients that send bytes of their own and read everything that comes back. */
import { decodeAuthentication } from '../../src/protocols/postgres/wire/backend/authentication.ts';
import { decodeBackendKeyData } from '../../src/protocols/postgres/wire/backend/backend-key-data.ts';
import { decodeCommandComplete } from '../../src/protocols/postgres/wire/backend/command-complete.ts';
import { locateCells } from '../../src/protocols/postgres/wire/backend/data-row.ts';
import {
  decodeErrorResponse,
  type Report,
} from '../../src/protocols/postgres/wire/backend/error-response.ts';
import { decodeParameterStatus } from '../../src/protocols/postgres/wire/backend/parameter-status.ts';
import {
  decodeReadyForQuery,
  type TransactionStatus,
} from '../../src/protocols/postgres/wire/backend/ready-for-query.ts';
import { type Frame, FrameSplitter } from '../../src/protocols/postgres/wire/frame-splitter.ts';
import { BACKEND_NAMES } from './postgres-messages.ts';

/** Everything up to one ReadyForQuery. */
export interface Answer {
  /** Names of the messages in order, as in `BackendType`. */
  readonly messages: readonly string[];
  readonly errors: readonly Report[];
  /** Cells as text; null for SQL NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tags: readonly string[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly cancelKey: { readonly processId: number; readonly secretKey: Buffer } | undefined;
  /** Status of ReadyForQuery; undefined when none came. */
  readonly status: TransactionStatus | undefined;
  /** The connection ended instead. */
  readonly closed: boolean;
  /** All bytes of it, for a search for what must not be there. */
  readonly bytes: Buffer;
}

const MAX_FRAME_BYTES = 64 << 20;
const MAX_CELLS = 2048;

/** Where {@link AnswerReader.take} stops before a ReadyForQuery. */
export type Stop = 'authentication' | 'copy' | 'error';

const STOPS: Readonly<Record<Stop, readonly string[]>> = {
  authentication: ['Authentication'],
  copy: ['CopyInResponse', 'CopyOutResponse'],
  error: ['ErrorResponse'],
};

interface Received {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Cuts a server's bytes into answers. */
export class AnswerReader {
  readonly #splitter: FrameSplitter = new FrameSplitter({
    maxFrameBytes: MAX_FRAME_BYTES,
    source: 'upstream',
  });
  #received: Received[] = [];
  isEnded = false;

  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
    for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
      this.#received.push(toReceived(frame));
    }
  }

  end(): void {
    this.isEnded = true;
  }

  /** The next answer, if it is complete. */
  take(until?: Stop): Answer | undefined {
    const stops = until === undefined ? [] : STOPS[until];
    const at = this.#received.findIndex(({ name }) => name === 'ReadyForQuery' || stops.includes(name));
    if (at === -1 && !this.isEnded) return undefined;
    const count = at === -1 ? this.#received.length : at + 1;
    return toAnswer(this.#received.splice(0, count), at === -1);
  }
}

function toReceived(frame: Frame): Received {
  const { type, bytes, start, end } = frame;
  return {
    name: BACKEND_NAMES.get(type) ?? `unknown type ${type}`,
    bytes: Buffer.from(bytes.subarray(start, end)),
  };
}

function toAnswer(received: readonly Received[], closed: boolean): Answer {
  const of = (name: string): readonly Buffer[] =>
    received.filter((message) => message.name === name).map(({ bytes }) => bytes);
  const [key] = of('BackendKeyData').map((bytes) => decodeBackendKeyData(bytes, 0, bytes.length));
  const [ready] = of('ReadyForQuery').map((bytes) => decodeReadyForQuery(bytes, 0, bytes.length));
  const parameters = of('ParameterStatus').map((bytes) => decodeParameterStatus(bytes, 0, bytes.length));
  // Decoded although nothing is kept of it: a malformed one must fail the test.
  for (const bytes of of('Authentication')) decodeAuthentication(bytes, 0, bytes.length);
  return {
    messages: received.map(({ name }) => name),
    errors: of('ErrorResponse').map((bytes) => decodeErrorResponse(bytes, 0, bytes.length)),
    rows: of('DataRow').map(readCells),
    tags: of('CommandComplete').map((bytes) => decodeCommandComplete(bytes, 0, bytes.length).tag),
    parameters: new Map(parameters.map(({ name, value }) => [name, value])),
    cancelKey: key,
    status: ready?.status,
    closed,
    bytes: Buffer.concat(received.map(({ bytes }) => bytes)),
  };
}

function readCells(row: Buffer): readonly (string | null)[] {
  const places = new Int32Array(2 * MAX_CELLS);
  const count = locateCells(row, { start: 0, end: row.length }, places);
  return Array.from({ length: count }, (_, index) => {
    const at = places[2 * index] ?? 0;
    const length = places[2 * index + 1] ?? -1;
    return length === -1 ? null : row.toString('utf8', at, at + length);
  });
}
