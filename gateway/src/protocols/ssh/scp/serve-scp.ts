/** The legacy protocol of scp: spoken with the client by the gateway, which moves the files by sftp. No scp runs on the machine. */

import { plainText } from '../../../shell/plain-command.ts';
import { SshError } from '../errors.ts';
import { errorRefusal, type Refusal } from '../refusal.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import type { FileWork, Refused } from '../sftp/file-work.ts';
import { withWork } from '../sftp/with-work.ts';
import { expandWord } from '../transfers/expand-word.ts';
import type { ScpTransfer } from '../transfers/read-transfer.ts';
import type { ServerChannel } from '../transport/server-channel.ts';
import { ScpInput } from './scp-input.ts';
import { ScpSink } from './scp-sink.ts';
import { ScpSource } from './scp-source.ts';
import { ScpWireError } from './wire/errors.ts';

/** Serves it. Rejects with what is not foreseen, after which the channel is still open. */
export function serveScp(channel: ServerChannel, transfer: ScpTransfer, place: ProgramPlace): Promise<void> {
  const input = new ScpInput(channel.input);
  return withWork({ channel, via: 'scp' }, place, {
    serve: (work) =>
      transfer.direction === 'to'
        ? sink(work, channel, { input, transfer })
        : source(work, channel, { input, transfer }),
    isClients: (error) => error instanceof ScpWireError || error instanceof SshError,
  });
}

interface Served {
  readonly input: ScpInput;
  readonly transfer: ScpTransfer;
}

function sink(
  work: FileWork,
  channel: ServerChannel,
  { input, transfer }: Served,
): Promise<number | Refusal> {
  const target = plainText(transfer.paths[0] ?? [], work.home);
  if (target === undefined) {
    const message = 'the target of a copy has to be written out: it has a glob in it';
    return Promise.resolve(errorRefusal(new SshError('ERR_SSH_NOT_SUPPORTED', message)));
  }
  return new ScpSink(work, channel, { input, options: { ...transfer, target } }).run();
}

async function source(work: FileWork, channel: ServerChannel, { input, transfer }: Served): Promise<number> {
  const paths: (string | Refused)[] = [];
  for (const word of transfer.paths) {
    const expanded = await expandWord(work, word);
    if (Array.isArray(expanded)) paths.push(...(expanded as readonly string[]));
    else paths.push(expanded as Refused);
  }
  return new ScpSource(work, channel, { input, options: transfer }).run(paths);
}
