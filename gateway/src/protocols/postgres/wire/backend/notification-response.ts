import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** A NOTIFY by some session on a channel this one listens to. */
export interface NotificationResponse {
  /** Process id of the session that notified; signed, as the protocol's Int32. */
  readonly processId: number;
  readonly channel: string;
  readonly payload: string;
}

const FORM = {
  name: 'NotificationResponse',
  type: BackendType.NotificationResponse,
  source: 'upstream',
} as const;

/** Reads a NotificationResponse (protocol-message-formats, NotificationResponse). Throws WireError. */
export function decodeNotificationResponse(bytes: Buffer, start: number, end: number): NotificationResponse {
  const reader = openMessage(bytes, { start, end }, FORM);
  const processId = reader.int32();
  const channel = reader.cstring();
  const payload = reader.cstring();
  reader.finish();
  return { processId, channel, payload };
}

/** Writes a NotificationResponse. */
export function encodeNotificationResponse(notification: NotificationResponse): Buffer {
  const writer = new MessageWriter(FORM.type).int32(notification.processId);
  return writer.cstring(notification.channel).cstring(notification.payload).finish();
}
