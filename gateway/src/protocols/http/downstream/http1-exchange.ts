/** A request of HTTP/1.1: its answer is written where the next one follows. */
import { type SocketPeer, StreamPeer } from '../socket-peer.ts';
import { CHUNK_END, encodeChunkedEnd, encodeChunkStart } from '../wire/encode/encode-chunk.ts';
import { encodeResponseHead } from '../wire/encode/encode-response.ts';
import { HeadFields } from '../wire/encode/head-fields.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { DataPart, EndPart } from '../wire/message-stream.ts';
import type { AnswerHead, ClientExchange, TunnelEnds } from './client-exchange.ts';
import type { ClientStream } from './client-stream.ts';

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/** One request of a connection that carries one at a time. */
export class Http1Exchange implements ClientExchange {
  readonly head: RequestHead;
  readonly client: ClientStream;
  /** Its connection speaks another protocol now, and is ended in the way of that. */
  isSwitched = false;
  readonly #draining: AbortSignal;
  #isChunked = false;
  #closes = false;
  #isEnded = false;

  constructor(client: ClientStream, head: RequestHead, draining: AbortSignal) {
    this.client = client;
    this.head = head;
    this.#draining = draining;
  }

  get gone(): AbortSignal {
    return this.client.gone;
  }

  get isBodyRead(): boolean {
    return this.client.isBodyRead;
  }

  /** The answer ended in order, and the client was told that another request may follow. */
  get isReusable(): boolean {
    return this.#isEnded && !this.#closes;
  }

  sendContinue(): Promise<void> {
    return this.client.write(CONTINUE);
  }

  nextBody(): Promise<DataPart | EndPart> {
    return this.client.nextBody();
  }

  async begin({ closes, ...answer }: AnswerHead): Promise<boolean> {
    const { head, client } = this;
    const encoded = encodeResponseHead({
      ...answer,
      request: head,
      closes: closes === true || !head.isPersistent || !client.isBodyRead || this.#draining.aborted,
    });
    this.#closes = encoded.closes;
    this.#isChunked = encoded.framing.kind === 'chunked';
    await client.write(encoded.bytes);
    return encoded.framing.kind !== 'none';
  }

  write(slice: Buffer): Promise<void> {
    if (!this.#isChunked) return this.client.write(slice);
    return this.client.write(encodeChunkStart(slice.length), slice, CHUNK_END);
  }

  async end(trailers?: HeadFields): Promise<void> {
    if (this.#isChunked) await this.client.write(encodeChunkedEnd(trailers));
    this.#isEnded = true;
    if (!this.isBodyRead) this.client.stream.end();
  }

  async switchProtocols(upgrade: string, fields: HeadFields, writeTimeoutMs: number): Promise<SocketPeer> {
    const { head, client } = this;
    this.isSwitched = true;
    const answer = { status: 101, fields, request: head, length: undefined, closes: false, upgrade };
    await client.write(encodeResponseHead(answer).bytes);
    const { stream, source, rest } = client.handOver();
    return new StreamPeer(stream, source, { rest, writeTimeoutMs });
  }

  async openTunnel(): Promise<TunnelEnds> {
    const { head, client } = this;
    const answer = { status: 200, fields: new HeadFields(), request: head, length: undefined, closes: false };
    await client.write(encodeResponseHead(answer).bytes);
    if (!client.isBodyRead) await client.nextBody();
    return client.handOver();
  }

  breakOff(): void {
    this.client.destroy();
  }
}
