/** Words that nobody could judge: denied on record, as what is opaque is everywhere. */
import { SshError } from '../errors.ts';
import { denialOf, errorRefusal } from '../refusal.ts';
import { answer } from '../relay/answer.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import { judgeStart } from '../sftp/begin-work.ts';
import { startAct } from '../sftp/file-ask.ts';
import { Refused } from '../sftp/file-work.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import type { RefusedTransfer } from './read-transfer.ts';

/** Tells the client. Rejects with what is not foreseen, after which the channel is still open. */
export async function judgeRefused(
  { channel }: ProgramRequest,
  { via, reason }: RefusedTransfer,
  { session, gate }: ProgramPlace,
): Promise<void> {
  const judged = await judgeStart(
    { session, gate, gone: channel.gone, via },
    { ...startAct(via), faults: [reason] },
  );
  if (judged instanceof Refused) {
    await answer(channel, denialOf(judged.verdict));
    return;
  }
  // Shadow mode lets pass what it would deny, but there is nothing that could be sent.
  gate.settle(judged, { status: 'error', result: { code: 'ERR_SSH_NOT_SUPPORTED' } });
  await answer(
    channel,
    errorRefusal(new SshError('ERR_SSH_NOT_SUPPORTED', `${reason} is not supported here`)),
  );
}
