/** The subsystem `sftp`, from its beginning to its end. */
import type { ProgramPlace } from '../relay/run-program.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { SftpRelay } from './sftp-relay.ts';
import { SftpWireError } from './wire/errors.ts';
import { withWork } from './with-work.ts';

/** Clients that send SYMLINK as the draft has it to servers other than OpenSSH's; all others send it as OpenSSH does. */
const LINK_FIRST = /^(?:ssh2js|AsyncSSH|libssh)/;

/** Serves it. Rejects with what is not foreseen, after which the channel is still open. */
export function serveSftp({ channel, client }: ProgramRequest, place: ProgramPlace): Promise<void> {
  const { log } = place;
  return withWork({ channel, via: 'sftp' }, place, {
    async serve(work) {
      await new SftpRelay(channel, work, { log, linkFirst: LINK_FIRST.test(client) }).serve();
      return 0;
    },
    isClients: (error) => error instanceof SftpWireError,
  });
}
