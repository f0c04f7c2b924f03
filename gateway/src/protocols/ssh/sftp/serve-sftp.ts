/** The subsystem `sftp`, from its beginning to its end. */

import { denialOf, errorRefusal } from '../refusal.ts';
import { answer } from '../relay/answer.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { beginWork } from './begin-work.ts';
import { Refused } from './file-work.ts';
import { SftpRelay } from './sftp-relay.ts';
import { SftpWireError } from './wire/errors.ts';

/** Clients that send SYMLINK as the draft has it to servers other than OpenSSH's; all others send it as OpenSSH does. */
const LINK_FIRST = /^(?:ssh2js|AsyncSSH|libssh)/;

/** Serves it. Rejects with what is not foreseen, after which the channel is still open. */
export async function serveSftp(
  { channel, client }: ProgramRequest,
  { session, machine, gate, log }: ProgramPlace,
): Promise<void> {
  const begun = await beginWork({ session, machine, gate, gone: channel.gone, via: 'sftp' });
  if (begun instanceof Refused) {
    await answer(channel, denialOf(begun.verdict));
    return;
  }
  const relay = new SftpRelay(channel, begun.work, { log, linkFirst: LINK_FIRST.test(client) });
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const onOver = (): void => over.reject(session.over.reason);
  session.over.addEventListener('abort', onOver, { once: true });
  try {
    await Promise.race([relay.serve(), over.promise]);
    channel.finish({ code: 0 });
  } catch (error) {
    if (channel.gone.aborted) return;
    if (!(error instanceof SftpWireError)) throw error;
    await answer(channel, errorRefusal(error));
  } finally {
    session.over.removeEventListener('abort', onOver);
    begun.end();
  }
}
