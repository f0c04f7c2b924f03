/** One attempt to hand a notice to a receiver. */
import { createHmac } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** A notice on its way. */
export interface Delivery {
  readonly url: string;
  /** The same for each attempt: receivers know repetitions by it. */
  readonly id: string;
  readonly event: string;
  readonly body: string;
  /** Key of the signature. */
  readonly secret: string;
  /** Seconds since the epoch, now: each attempt is signed anew. */
  readonly timestamp: number;
  readonly timeoutMs: number;
}

/** What came of it. Reasons hold nothing of URL, body or secret. */
export type Attempt =
  | { readonly ok: true }
  /** `retry`: it may work later. */
  | { readonly ok: false; readonly retry: boolean; readonly reason: string };

/**
 * Posts the notice: TLS is verified, redirects are failures, and of the answer only the status is read.
 * Never rejects.
 */
export function deliver(delivery: Delivery): Promise<Attempt> {
  const { url, id, event, body, secret, timestamp, timeoutMs } = delivery;
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const outgoing = send(url, {
      method: 'POST',
      agent: false,
      signal,
      maxHeaderSize: 16 * 1024,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'sallyport',
        'sallyport-event': event,
        'sallyport-delivery': id,
        'sallyport-signature': signature(secret, timestamp, body),
      },
    });
    outgoing.on('response', (incoming) => {
      // Whatever it has to say, nobody reads it: a receiver cannot keep the gateway busy.
      incoming.on('error', () => undefined);
      incoming.destroy();
      resolve(judge(incoming.statusCode ?? 0));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const reason = signal.aborted
        ? `it did not answer within ${timeoutMs} ms`
        : `it cannot be reached: ${error.code ?? 'unknown'}`;
      resolve({ ok: false, retry: true, reason });
    });
    outgoing.on('close', () => resolve({ ok: false, retry: true, reason: 'it closed the connection' }));
    outgoing.end(body);
  } catch {
    resolve({ ok: false, retry: false, reason: 'the request cannot be made' });
  }
  return promise;
}

/** `t=<seconds>,v1=<hex>`: HMAC-SHA-256 over `<seconds>.<body>`. */
export function signature(secret: string, timestamp: number, body: string): string {
  return `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

function judge(status: number): Attempt {
  if (status >= 200 && status < 300) return { ok: true };
  if (status >= 300 && status < 400) {
    return { ok: false, retry: false, reason: `it redirects (${status}), which is not followed` };
  }
  const retry = status >= 500 || status === 408 || status === 429;
  return { ok: false, retry, reason: `it answered ${status}` };
}
