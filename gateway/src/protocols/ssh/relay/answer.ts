/** The gateway's own end of a program. */
import type { Refusal } from '../refusal.ts';
import type { ServerChannel } from '../transport/server-channel.ts';

/** A client that does not take the line goes without it. */
const ANSWER_MS = 5_000;

/** Tells the client on stderr, and ends the program with a status. Never rejects. */
export async function answer(channel: ServerChannel, { text, code }: Refusal): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ANSWER_MS);
  const end = channel.isTerminal ? '\r\n' : '\n';
  const line = `${channel.isAtLineStart ? '' : end}${text}${end}`;
  await Promise.race([channel.write('stderr', Buffer.from(line)), late.promise]);
  clearTimeout(timer);
  channel.finish({ code });
}
