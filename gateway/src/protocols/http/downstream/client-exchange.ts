/** One request of a client and the way to answer it, whatever version of HTTP carries both. */
import type { Duplex } from 'node:stream';
import type { ChunkSource } from '../chunk-source.ts';
import type { SocketPeer } from '../socket-peer.ts';
import type { HeadFields } from '../wire/encode/head-fields.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { DataPart, EndPart } from '../wire/message-stream.ts';

/** An answer up to its body. */
export interface AnswerHead {
  readonly status: number;
  readonly fields: HeadFields;
  /** Bytes of the body; undefined where they are not known yet. For HEAD and 304: what the body would have. */
  readonly length: number | undefined;
  /** Neither body nor trailers follow. */
  readonly isWhole?: boolean;
  /** The connection carries no request behind this one, where requests follow one another. */
  readonly closes?: boolean;
  /** For the status line of HTTP/1.1, where it is all that clients show of an answer. */
  readonly reason?: string;
  /** How the client of a proxy proves who it is (RFC 9110 section 11.7.1). */
  readonly challenges?: readonly string[];
}

/** A connection behind the answer to CONNECT, and what the client had sent on it already. */
export interface TunnelEnds {
  readonly stream: Duplex;
  readonly source: ChunkSource;
  readonly rest: Buffer;
}

/** What the relay sees of a client: it reads the request to its end, then answers once. */
export interface ClientExchange {
  readonly head: RequestHead;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
  /** The request's body was read to its end. */
  readonly isBodyRead: boolean;
  /** Gives leave to send the body to a client that waits for it. */
  sendContinue(): Promise<void>;
  /** The next part of the request's body. @throws WireError, HttpError */
  nextBody(): Promise<DataPart | EndPart>;
  /** Begins the answer; whether a body follows. Rejects when the client is gone, or took nothing for too long. */
  begin(answer: AnswerHead): Promise<boolean>;
  /** Sends a slice of the answer's body; resolves when the client takes more. Rejects like `begin`. */
  write(slice: Buffer): Promise<void>;
  /** Ends the answer in order. What the client still sends of its request is not wanted any more. */
  end(trailers?: HeadFields): Promise<void>;
  /**
   * Answers with 101, and gives the connection away to another protocol (RFC 9110 section 7.8). Absent where a request does not have a
   * connection for itself. Rejects when the client is gone.
   *
   * @param writeTimeoutMs how long the client may take nothing
   */
  switchProtocols?(upgrade: string, fields: HeadFields, writeTimeoutMs: number): Promise<SocketPeer>;
  /**
   * Answers CONNECT with 200, and gives the connection away (RFC 9110 section 9.3.6). Absent where a request does not have a
   * connection for itself. Rejects when the client is gone.
   */
  openTunnel?(): Promise<TunnelEnds>;
  /** Cuts the answer off, so that nobody takes a part for the whole. Idempotent. */
  breakOff(): void;
}
