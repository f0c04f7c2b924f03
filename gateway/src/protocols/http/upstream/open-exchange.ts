import type { HttpResourceConfig } from '../config.ts';
import { Http1ServiceExchange } from './http1-exchange.ts';
import type { ServiceExchange } from './service-exchange.ts';
import type { Upstreams } from './services.ts';

/** For whom an exchange is, and with what. */
export interface ExchangeUse {
  /** See {@link import('./services.ts').poolKey}. */
  readonly key: string;
  readonly resource: HttpResourceConfig;
  readonly signal: AbortSignal;
  /** On a new connection. */
  readonly fresh: boolean;
  /** It may switch to another protocol: on a connection of HTTP/1.1 that carries nothing else. */
  readonly switches?: boolean;
}

/** A place for one request, on a kept connection or a new one. Rejects with HttpUpstreamError. */
export async function openExchange(
  upstreams: Upstreams,
  { key, resource, signal, fresh, switches = false }: ExchangeUse,
): Promise<ServiceExchange> {
  const connection = await upstreams.connect(key, resource, signal, fresh || switches);
  return new Http1ServiceExchange(connection, (idle) => upstreams.giveBack(key, resource, idle));
}
