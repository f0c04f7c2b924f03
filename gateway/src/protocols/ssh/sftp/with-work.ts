/** Work with files over a channel, from its beginning to its end, whatever ends it. */
import type { FileTransport } from '../../../files/facts-family.ts';
import { denialOf, errorRefusal, type Refusal } from '../refusal.ts';
import { answer } from '../relay/answer.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import type { ServerChannel } from '../transport/server-channel.ts';
import { beginWork } from './begin-work.ts';
import { type FileWork, Refused } from './file-work.ts';

/** How it ends: an exit status, or what the client is told; undefined where the channel was ended already. */
export type WorkEnd = number | Refusal | undefined;

/**
 * Begins work, and has `serve` do it. Rejects with what is not foreseen, after which the channel is still open.
 * @param isClients errors of the client's own making, which are told
 */
export async function withWork(
  { channel, via }: { readonly channel: ServerChannel; readonly via: FileTransport },
  { session, machine, gate, tools }: ProgramPlace,
  {
    serve,
    isClients,
  }: {
    readonly serve: (work: FileWork) => Promise<WorkEnd>;
    readonly isClients: (error: unknown) => boolean;
  },
): Promise<void> {
  const begun = await beginWork({ session, machine, gate, tools, gone: channel.gone, via });
  if (begun instanceof Refused) {
    await answer(channel, denialOf(begun.verdict));
    return;
  }
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const onOver = (): void => over.reject(session.over.reason);
  session.over.addEventListener('abort', onOver, { once: true });
  try {
    const end = await Promise.race([serve(begun.work), over.promise]);
    if (typeof end === 'number') channel.finish({ code: end });
    else if (end !== undefined) await answer(channel, end);
  } catch (error) {
    if (channel.gone.aborted) return;
    if (!isClients(error)) throw error;
    await answer(channel, errorRefusal(error));
  } finally {
    session.over.removeEventListener('abort', onOver);
    begun.end();
  }
}
