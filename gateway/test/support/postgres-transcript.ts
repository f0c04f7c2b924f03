/** Turns captured chunks of one PostgreSQL connection into one line a message, through the codec under test. */
import type { Authentication } from '../../src/protocols/postgres/wire/backend/authentication.ts';
import { BackendType } from '../../src/protocols/postgres/wire/backend/backend-type.ts';
import { type Frame, FrameSplitter } from '../../src/protocols/postgres/wire/frame-splitter.ts';
import { FrontendType } from '../../src/protocols/postgres/wire/frontend/frontend-type.ts';
import { parseStartupPacket } from '../../src/protocols/postgres/wire/startup.ts';
import { StartupReader } from '../../src/protocols/postgres/wire/startup-reader.ts';
import {
  BACKEND_NAMES,
  BACKEND_READERS,
  FRONTEND_NAMES,
  FRONTEND_READERS,
  PASSWORD_READERS,
  type ReadOne,
  readUnknownBody,
} from './postgres-messages.ts';

/** Bytes that went one way: `F` from the client (frontend), `B` from the server (backend). */
export interface Chunk {
  readonly from: 'F' | 'B';
  readonly bytes: Buffer;
}

/** What a capture says, and the messages that the codec would write otherwise than they came. */
export interface Transcript {
  readonly lines: readonly string[];
  readonly rewrittenOtherwise: readonly string[];
  /** Bytes held for messages that never ended. */
  readonly retainedBytes: number;
}

const MAX_FRAME_BYTES = 1 << 20;

/** Reads a whole capture. Each chunk is overwritten after it is read, as a reused buffer would be. */
export function toTranscript(chunks: readonly Chunk[]): Transcript {
  const state = new Conversation();
  for (const { from, bytes } of chunks) {
    const reused = Buffer.from(bytes);
    if (from === 'F') state.readFromClient(reused);
    else state.readFromServer(reused);
    reused.fill(0xff);
  }
  return state;
}

class Conversation implements Transcript {
  readonly lines: string[] = [];
  readonly rewrittenOtherwise: string[] = [];
  readonly #client = new FrameSplitter({ maxFrameBytes: MAX_FRAME_BYTES });
  readonly #server = new FrameSplitter({ maxFrameBytes: MAX_FRAME_BYTES, source: 'upstream' });
  readonly #startup = new StartupReader();
  #isStarted = false;
  #isAnswerDue = false;
  #authentication = '';

  get retainedBytes(): number {
    return this.#startup.retainedBytes + this.#client.retainedBytes + this.#server.retainedBytes;
  }

  readFromClient(chunk: Buffer): void {
    let rest = chunk;
    while (!this.#isStarted && rest.length > 0) {
      const read = this.#startup.push(rest);
      if (read === undefined) return;
      const packet = parseStartupPacket(read.packet);
      this.#isAnswerDue = packet.kind === 'ssl' || packet.kind === 'gssenc';
      this.#isStarted = packet.kind === 'startup';
      this.lines.push(`F ${packet.kind} ${show(packet)}`);
      rest = read.rest;
    }
    this.#readFrames(this.#client, rest, (frame) => this.#readClientFrame(frame));
  }

  readFromServer(chunk: Buffer): void {
    let rest = chunk;
    if (this.#isAnswerDue && rest.length > 0) {
      this.#isAnswerDue = false;
      this.lines.push(`B ${rest.toString('latin1', 0, 1)}`);
      rest = rest.subarray(1);
    }
    this.#readFrames(this.#server, rest, (frame) => this.#readServerFrame(frame));
  }

  #readFrames(splitter: FrameSplitter, chunk: Buffer, read: (frame: Frame) => void): void {
    splitter.push(chunk);
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) read(frame);
  }

  #readClientFrame(frame: Frame): void {
    const isPassword = frame.type === FrontendType.Password;
    const reader = isPassword
      ? PASSWORD_READERS.get(this.#authentication)
      : (FRONTEND_READERS.get(frame.type) ?? readUnknownBody);
    this.#read(frame, `F ${FRONTEND_NAMES.get(frame.type) ?? this.#authentication}`, reader);
  }

  #readServerFrame(frame: Frame): void {
    const name = `B ${BACKEND_NAMES.get(frame.type) ?? `unknown type ${frame.type}`}`;
    const content = this.#read(frame, name, BACKEND_READERS.get(frame.type) ?? readUnknownBody);
    if (frame.type === BackendType.Authentication) this.#authentication = (content as Authentication).kind;
  }

  #read(frame: Frame, name: string, read: ReadOne | undefined): unknown {
    const message = (read ?? readUnknownBody)(frame.bytes, frame.start, frame.end);
    const shown = show(message.content);
    const line = shown === '""' ? name : `${name} ${shown}`;
    this.lines.push(line);
    const isSame = message.rewritten?.equals(frame.bytes.subarray(frame.start, frame.end)) ?? true;
    if (!isSame) this.rewrittenOtherwise.push(line);
    return message.content;
  }
}

/** JSON in which bytes are text where they are printable, else hexadecimal, and maps are objects. */
function show(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value) as unknown;
    if (isBufferJson(value)) return showBytes(Buffer.from(value.data));
    return value;
  });
}

/** JSON.stringify has called a Buffer's toJSON before the replacer sees it. */
function isBufferJson(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

function showBytes(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return /^[\x20-\x7e\t\n]*$/.test(text) ? text : `\\x${bytes.toString('hex')}`;
}
