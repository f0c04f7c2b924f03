/** A gateway under attack over HTTP, and a service that keeps every byte that reached it. */
import type { Socket } from 'node:net';
import type { AuditRecord } from '../../support/gateway.ts';
import { exchangeBytes } from '../../support/http-clients.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { startByteService } from './byte-service.ts';
import { READERS, type SeenRequest } from './readers.ts';

/** What came of an attack. */
export interface Trace {
  /** Everything that the client got. */
  readonly answered: string;
  /** Statuses of final answers, in order. */
  readonly statuses: readonly number[];
  /** Every byte that reached the service. */
  readonly reached: Buffer;
  /** What reached the service, by reader; all alike, or the attack has found something. */
  readonly seen: Readonly<Record<string, readonly SeenRequest[]>>;
  /** Requests that the gateway permitted, as they are on file: `GET /a?b=c`. */
  readonly permitted: readonly string[];
}

/** Options of {@link Witness.start}. */
export interface WitnessOptions {
  readonly policy: string;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly listener?: Readonly<Record<string, unknown>>;
}

/** How long a client may stand still; attacks that never end are cut off by it. */
const PATIENCE = { headTimeoutMs: 150, idleTimeoutMs: 150, keepAliveMs: 150 };

/** Bytes in, bytes kept. */
export class Witness implements AsyncDisposable {
  readonly gateway: HttpGateway;
  readonly token: string;
  readonly #bytes: Map<Socket, Buffer>;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    gateway: HttpGateway,
    token: string,
    bytes: Map<Socket, Buffer>,
    owned: AsyncDisposableStack,
  ) {
    this.gateway = gateway;
    this.token = token;
    this.#bytes = bytes;
    this.#owned = owned;
  }

  static async start({ policy, resource, listener }: WitnessOptions): Promise<Witness> {
    await using undo = new AsyncDisposableStack();
    const bytes = new Map<Socket, Buffer>();
    const server = await startByteService(bytes);
    undo.defer(() => void server.close());
    const { port } = server.address() as { readonly port: number };
    const gateway = undo.use(
      await startHttpGateway({
        service: (_request, response) => response.end(),
        policy,
        listener: { allowLoopbackPlaintext: true, ...PATIENCE, ...listener },
        // No connection is used twice, so that all bytes of an attack are on connections of its own.
        resource: { url: `http://127.0.0.1:${port}`, keepAliveMs: 0, inspectionBytes: 16_384, ...resource },
      }),
    );
    return new Witness(gateway, await gateway.issuer.token(), bytes, undo.move());
  }

  /** A head with the token. */
  head(line: string, ...fields: readonly string[]): string {
    return [line, 'Host: gateway', `Authorization: Bearer ${this.token}`, ...fields, '', ''].join('\r\n');
  }

  /** Sends bytes, reads to the end of the connection, and tells what came of it. */
  attack(bytes: string): Promise<Trace> {
    return this.watch(() => exchangeBytes(this.gateway, bytes));
  }

  /** Tells what came of what `send` does, which resolves with everything that it got. */
  async watch(send: () => Promise<string>): Promise<Trace> {
    this.#bytes.clear();
    const known = this.gateway.records().length;
    const answered = await send();
    const records = await this.gateway.recordsUntil((all) => isSettled(all.slice(known)));
    const permitted = records.slice(known).filter(isPermit).map(textOf);
    const seen: Record<string, readonly SeenRequest[]> = {};
    for (const reader of READERS) {
      const connections = [...this.#bytes.values()];
      seen[reader.name] = (await Promise.all(connections.map((all) => reader.read(all)))).flat();
    }
    const statuses = [...answered.matchAll(/^HTTP\/1\.1 ([2-5]\d\d) /gm)].map(([, status]) => Number(status));
    return { answered, statuses, seen, permitted, reached: Buffer.concat([...this.#bytes.values()]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

const isPermit = (record: AuditRecord): boolean =>
  record['type'] === 'exchange.intent' &&
  record['effect'] === 'permit' &&
  (record['request'] as { readonly text?: string }).text !== undefined;

const textOf = ({ request }: AuditRecord): string => String((request as { readonly text?: string }).text);

function isSettled(records: readonly AuditRecord[]): boolean {
  const outcomes = new Set(
    records.filter(({ type }) => type === 'exchange.outcome').map(({ exchange }) => exchange),
  );
  return records.every(
    ({ type, effect, exchange }) =>
      type !== 'exchange.intent' || effect !== 'permit' || outcomes.has(exchange),
  );
}
