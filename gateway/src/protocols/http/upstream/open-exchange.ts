import type { HttpResourceConfig } from '../config.ts';
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
export function openExchange(upstreams: Upstreams, use: ExchangeUse): Promise<ServiceExchange> {
  return upstreams.open(use);
}
