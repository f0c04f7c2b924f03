/**
 * The only door to the server after the handshake (P1). What was judged needs its permit; the few messages that carry
 * no request of their own (Sync, Flush, Describe, Close, Terminate) are control messages, made by this module.
 */
import type { Permit } from '../../../enforcement/permit.ts';
import { clientProtocolError } from '../errors.ts';
import { encodeFlush, encodeTerminate } from '../wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../wire/frontend/bind.ts';
import { encodeClose } from '../wire/frontend/close.ts';
import { encodeDescribe } from '../wire/frontend/describe.ts';
import { encodeExecute } from '../wire/frontend/execute.ts';
import { encodeParse } from '../wire/frontend/parse.ts';
import { encodeQuery } from '../wire/frontend/query.ts';
import type { OperationKind } from './operation.ts';
import { type ByteSink, Outbox } from './outbox.ts';
import type { BlockEnd } from './own-block.ts';

declare const CONTROL: unique symbol;
/** Bytes that may go upstream without a permit. Only this module makes them. */
export interface ControlMessage {
  readonly [CONTROL]: true;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Describe, Close, Sync, Flush, Terminate: they ask for nothing that was not judged before. */
const CONTROL_TYPES: ReadonlySet<number> = new Set([0x44, 0x43, 0x53, 0x48, 0x58]);

/** Admits one client message as a control message. */
export function controlMessage(bytes: Buffer, start: number, end: number): ControlMessage {
  const type = bytes[start];
  if (type === undefined || !CONTROL_TYPES.has(type)) {
    throw clientProtocolError('this message needs a permit');
  }
  return { bytes, start, end } as ControlMessage;
}

/** A Flush of the gateway's own: makes the server answer what it has got so far. */
export function ownFlush(): ControlMessage {
  return own(encodeFlush());
}

/** A Describe of the gateway's own: tells what the rows of a portal are where the client does not ask. */
export function ownDescribePortal(name: string): ControlMessage {
  return own(encodeDescribe({ kind: 'portal', name }));
}

/** BEGIN, COMMIT or ROLLBACK of the gateway's own, in the simple protocol. */
export function ownQuery(verb: 'BEGIN' | BlockEnd): ControlMessage {
  return own(encodeQuery(verb));
}

/** The name is in use only while the messages are. */
const OWN_NAME = 'sallyport_block';

/**
 * BEGIN of the gateway's own in the extended protocol, with what the server answers to each message. It leaves the client's
 * unnamed statement and portal alone, which a Query would drop.
 */
export function ownBegin(): readonly (readonly [ControlMessage, OperationKind])[] {
  const statement = OWN_NAME;
  const closed = own(encodeClose({ kind: 'statement', name: statement }));
  const bound = { portal: OWN_NAME, statement, parameterFormats: [], parameters: [], resultFormats: [] };
  return [
    // Whatever a batch that failed has left.
    [closed, 'close'],
    [own(encodeParse({ statement, text: 'BEGIN', parameterTypes: [] })), 'parse'],
    [own(encodeBind(bound)), 'bind'],
    [own(encodeExecute({ portal: OWN_NAME, maxRows: 0 })), 'execute'],
    [closed, 'close'],
  ];
}

/** A Terminate of the gateway's own. */
export function ownTerminate(): ControlMessage {
  return own(encodeTerminate());
}

/**
 * A Parse that the server must refuse, sent in place of a refused one: the server itself then fails the transaction,
 * skips to Sync and answers 25P02, exactly as for an error of its own. The name keeps the client's unnamed statement.
 */
export function failingParse(decision: string): ControlMessage {
  return own(
    encodeParse({ statement: 'sallyport_refused', text: refusedText(decision), parameterTypes: [] }),
  );
}

/** Like {@link failingParse}, for the simple protocol. */
export function failingQuery(decision: string): ControlMessage {
  return own(encodeQuery(refusedText(decision)));
}

function refusedText(decision: string): string {
  // Not SQL on purpose; the id lets a DBA find the decision from the server's log.
  return `sallyport_refused ${decision.replace(/[^a-z0-9_]/gi, '')}`;
}

function own(bytes: Buffer): ControlMessage {
  return { bytes, start: 0, end: bytes.length } as ControlMessage;
}

/** Writes to one server connection. */
export class UpstreamWriter {
  readonly #sink: ByteSink;
  readonly #outbox = new Outbox();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Queues judged bytes. The permit is the proof; it is not read. */
  send(
    _permit: Permit,
    slice: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  ): void {
    this.#outbox.add(slice.bytes, slice.start, slice.end);
  }

  sendControl(message: ControlMessage): void {
    this.#outbox.add(message.bytes, message.start, message.end);
  }

  /** Writes what is queued; false when the server reads slower than we write. */
  flush(): boolean {
    return this.#outbox.flush(this.#sink);
  }
}
