/** Recordings of SSH sessions, as suites look at them. */
import { recordingLayout } from '../../src/recording/layout.ts';
import { type ReplayEntry, replayRecording } from '../../src/recording/replay.ts';
import type { TestClient } from './ssh-clients.ts';
import type { SshGateway } from './ssh-gateway.ts';

/** Ends the connection, and reads what was recorded of the last session of a subject. */
export async function replayed(
  gateway: SshGateway,
  client: TestClient,
  subject: string,
): Promise<readonly ReplayEntry[]> {
  client.raw.end();
  await client.closed;
  const session = sessionOf(gateway, subject);
  await gateway.recordsUntil((all) =>
    all.some((event) => event['type'] === 'recording.closed' && event['session'] === session),
  );
  const entries: ReplayEntry[] = [];
  for await (const entry of replayRecording(recordingLayout(gateway.dataDir), session)) {
    entries.push(entry.type === 'data' ? { ...entry, bytes: Buffer.from(entry.bytes) } : entry);
  }
  return entries;
}

/** The last session that a subject opened. */
export function sessionOf(gateway: SshGateway, subject: string): string {
  const opened = gateway
    .records()
    .findLast(
      ({ type, principal }) =>
        type === 'session.opened' && (principal as { subject?: string } | undefined)?.subject === subject,
    );
  return String(opened?.['session']);
}
