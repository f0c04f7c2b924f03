/** A command that moves files, by what moves them. */
import type { ProgramPlace } from '../relay/run-program.ts';
import { serveScp } from '../scp/serve-scp.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { judgeRefused } from './judge-refused.ts';
import type { Transfer } from './read-transfer.ts';
import { serveStream } from './serve-stream.ts';

/** Serves it. Rejects with what is not foreseen, after which the channel is still open. */
export async function serveTransfer(
  request: ProgramRequest,
  transfer: Transfer,
  place: ProgramPlace,
): Promise<void> {
  switch (transfer.kind) {
    case 'scp':
      return serveScp(request.channel, transfer, place);
    case 'rsync':
    case 'git':
      return serveStream(request, transfer, place);
    case 'refused':
      return judgeRefused(request, transfer, place);
  }
}
