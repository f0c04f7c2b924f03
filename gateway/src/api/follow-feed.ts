import type { SeenRequest } from '../approvals/approvals-inbox.ts';
import type { ApprovalEvent } from '../approvals/event-feed.ts';
import type { EndpointScope } from './endpoint.ts';
import type { StreamedEvent } from './event-stream.ts';
import { viewerOf } from './viewer.ts';

/**
 * A stream of what happens to requests that the caller may see, each as `tell` tells it; undefined is not told. It begins once
 * the access is on record.
 */
export async function followFeed(
  scope: EndpointScope,
  lastEventId: string | undefined,
  tell: (seen: SeenRequest) => unknown,
): Promise<ReadableStream<Uint8Array>> {
  await scope.recorded;
  const { services, principal } = scope;
  const { feed, inbox, streams } = services.approvals;
  const viewer = viewerOf(scope);
  const told = (event: ApprovalEvent): readonly StreamedEvent[] => {
    const seen = inbox.seenEvent(event, viewer);
    const data = seen === undefined ? undefined : tell(seen);
    return data === undefined ? [] : [{ id: event.id, event: event.type, data }];
  };
  const missed = lastEventId === undefined ? [] : feed.since(lastEventId);
  const start = { id: feed.lastId, event: missed === undefined ? 'reset' : 'ready', data: {} };
  return streams.open(principal, {
    first: [...(missed ?? []).flatMap(told), start],
    subscribe: (listener) => feed.subscribe((event) => told(event).forEach(listener)),
    validMs: principal.expiresAtMs - services.clock.nowMs(),
  });
}
