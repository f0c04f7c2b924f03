/** HTTP/1.1 as bytes. */
import type { HttpGateway } from '../../support/http-gateway.ts';
import { type RawHttpAnswer, RawHttpClient } from '../../support/raw-http.ts';
import type { Asking, HttpWire, Identity } from './http-wire.ts';

/** A connection of the raw client. */
export class Http1Wire implements HttpWire {
  readonly client: RawHttpClient;
  /** Said by the last answer. */
  #ends = false;

  private constructor(client: RawHttpClient) {
    this.client = client;
  }

  /** Opens one, without TLS. */
  static async dial(gateway: Pick<HttpGateway, 'host' | 'port'>): Promise<Http1Wire> {
    return new Http1Wire(await RawHttpClient.connect(gateway));
  }

  get isClosed(): boolean {
    return this.#ends || this.client.isClosed;
  }

  send(asking: Asking, identity: Identity, now: string = asking.body ?? ''): void {
    this.client.send(headOf(asking, identity), now);
  }

  more(body: string): void {
    this.client.send(body);
  }

  async answer(method: string): Promise<RawHttpAnswer | undefined> {
    const answer = await this.client.answer(method);
    this.#ends = answer?.fields.some(([name, value]) => name === 'connection' && value === 'close') ?? true;
    return answer;
  }

  async begun(): Promise<void> {
    await this.client.peek();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }
}

/** A head that says how long the body is, unless its own fields frame it. */
function headOf(
  { method = 'GET', path, version = '1.1', fields = [], body }: Asking,
  { token, agent }: Identity,
): string {
  const isFramed = body === undefined || fields.some((field) => /^transfer-encoding:/i.test(field));
  const head = [
    `${method} /shop${path} HTTP/${version}`,
    'Host: gateway.test',
    `Authorization: Bearer ${token}`,
    `User-Agent: ${agent}`,
    ...fields,
    ...(isFramed ? [] : [`Content-Length: ${body.length}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}
