/** One program that a client wants to run: judged, carried out or refused. */

import type { Gate } from '../../../enforcement/gate.ts';
import { exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { Log } from '../../../telemetry/log.ts';
import { SshError } from '../errors.ts';
import { type Command, readCommand } from '../facts/command.ts';
import { terminalCommand } from '../facts/terminal.ts';
import { runGuardedShell } from '../guarded/guarded-shell.ts';
import { denialOf, errorRefusal } from '../refusal.ts';
import { type SshSession, tokenOver } from '../session.ts';
import { serveSftp } from '../sftp/serve-sftp.ts';
import { readTransfer } from '../transfers/read-transfer.ts';
import { serveTransfer } from '../transfers/serve-transfer.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { answer } from './answer.ts';
import { forward } from './forward.ts';
import { judge } from './judge.ts';
import type { Machine } from './machine.ts';
import { notSendable } from './not-sendable.ts';
import { OutputLimits } from './output-limits.ts';

/** Where a program runs. */
export interface ProgramPlace {
  readonly session: SshSession;
  readonly machine: Machine;
  readonly gate: Gate;
  readonly tools: MaskTools;
  readonly log: Log;
  /** Aborted when the gateway is about to stop. */
  readonly draining: AbortSignal;
}

/** Runs it to its end, or tells why it does not run. Rejects with what is not foreseen, after which the channel is still open. */
export async function runProgram(request: ProgramRequest, place: ProgramPlace): Promise<void> {
  const { session } = place;
  const { kind, text, channel } = request;
  if (kind === 'subsystem' && text === 'sftp') {
    await serveSftp(request, place);
    return;
  }
  const transfer = kind === 'exec' ? readTransfer(text) : undefined;
  if (transfer !== undefined) {
    await serveTransfer(request, transfer, place);
    return;
  }
  if (session.over.aborted) throw session.over.reason;
  if (session.isExpired) throw tokenOver();
  const { account, configured } = session.start;
  const shell = account.shell ?? configured.config.shell ?? 'denied';
  if (kind === 'exec') await runOnce(readCommand(text, account, request), request, place);
  else if (kind === 'shell' && shell === 'guarded') await runGuardedShell(request, place);
  else if (kind === 'shell' && shell === 'recorded') {
    await runOnce(terminalCommand(account, request), request, place);
  } else await answer(channel, errorRefusal(notSupported(kind)));
}

/** A command, or a whole terminal. */
async function runOnce(
  command: Command,
  request: ProgramRequest,
  { session, machine, gate, tools, log }: ProgramPlace,
): Promise<void> {
  const { channel, kind } = request;
  const judged = await judge(command, session, { gate, gone: channel.gone, tools });
  if ('denied' in judged) {
    await answer(channel, denialOf(judged.denied));
    return;
  }
  const { permit, obligations, isApproved, masks, inScope } = judged;
  if (command.canonical === undefined && kind === 'exec') {
    // Shadow mode lets pass what it would deny, but there is nothing that could be sent.
    gate.settle(permit, { status: 'error', result: { code: 'ERR_SSH_NOT_SUPPORTED' } });
    await answer(channel, errorRefusal(notSendable(command)));
    return;
  }
  const outcome = await forward(permit, {
    request,
    session,
    machine,
    canonical: command.canonical,
    // Who agreed to a terminal agreed to what is typed there.
    hasInput: kind === 'shell' || !isApproved,
    limits: new OutputLimits(exchangeLimits(obligations), permit.decision),
    masks,
    inScope,
    log,
  });
  gate.settle(permit, outcome);
}

function notSupported(kind: ProgramRequest['kind']): SshError {
  const message =
    kind === 'shell'
      ? 'there are no interactive shells here: give the command, as in ssh HOST COMMAND'
      : 'there are no subsystems here but sftp';
  return new SshError('ERR_SSH_NOT_SUPPORTED', message);
}
