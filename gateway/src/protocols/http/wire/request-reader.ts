import { parseRequestHead, type RequestHead } from './head/request-head.ts';
import { type HeadLimits, REQUEST_LIMITS } from './limits.ts';
import { MessageStream } from './message-stream.ts';

/**
 * Makes a reader of the requests that one client connection carries. Behind a CONNECT or an offer to upgrade it stops
 * until it is told how that went: `resume` or `takeRest`.
 */
export function createRequestReader(limits: HeadLimits = REQUEST_LIMITS): MessageStream<RequestHead> {
  return new MessageStream<RequestHead>({
    source: 'downstream',
    limits,
    open: (text, origin) => {
      const head = parseRequestHead(text, origin, limits);
      const holds = head.method === 'CONNECT' || head.upgrade !== undefined;
      return { head, framing: head.framing, holds };
    },
  });
}
