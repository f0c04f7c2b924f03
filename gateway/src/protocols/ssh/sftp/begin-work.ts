/** Begins to work with files over a channel: judged, put on record, and only then is the machine asked. */
import type { Verdict } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import { type FileAct, fileFacts } from '../../../files/facts.ts';
import { openingAsk } from '../../../model/opening-ask.ts';
import type { Machine } from '../relay/machine.ts';
import { tokenOver } from '../session.ts';
import { SshUpstreamError } from '../upstream/errors.ts';
import { startAct } from './file-ask.ts';
import { FileServer } from './file-server.ts';
import { FileWork, failure, Refused, type WorkPlace } from './file-work.ts';
import { TYPE } from './wire/numbers.ts';

/** What work is begun with. */
export interface Beginning extends Omit<WorkPlace, 'names'> {
  readonly machine: Machine;
}

/** Work with files, until it is ended. */
export interface BegunWork {
  readonly work: FileWork;
  /** Ends it, and the server on the machine. Idempotent. */
  end(): void;
}

/** Begins it. Rejects with SshUpstreamError where the machine serves no files. */
export async function beginWork(beginning: Beginning): Promise<BegunWork | Refused> {
  const { session, gate, machine } = beginning;
  if (session.over.aborted) throw session.over.reason;
  if (session.isExpired) throw tokenOver();
  const judged = await judgeStart(beginning, startAct(beginning.via));
  if (judged instanceof Refused) return judged;
  try {
    const program = await machine.subsystem(judged, 'sftp');
    const server = await FileServer.begin(program, machine.timeoutMs);
    const home = await homeOf(server, judged);
    const place: WorkPlace = { ...beginning, names: machine.names };
    return {
      work: new FileWork(place, server, { start: judged, home }),
      end() {
        server.close();
        gate.settle(judged, { status: 'ok', result: {} });
      },
    };
  } catch (error) {
    gate.settle(judged, failure(error));
    throw error;
  }
}

/** Judges the beginning of a transfer, and puts it on file. */
export async function judgeStart(
  { session, gate, gone, via }: Omit<Beginning, 'machine' | 'tools'>,
  act: FileAct,
): Promise<Permit | Refused> {
  const facts = fileFacts(act);
  const access = session.access(facts);
  const verdict: Verdict = await gate.fulfil({
    access,
    current: () => session.access(facts),
    verdict: gate.decide(access),
    ask: () => openingAsk(access, 'begin to work with files', via),
    wait: { signal: AbortSignal.any([gone, session.over]) },
  });
  const request = { account: access.account, via, operation: 'START' };
  const intent = { access, verdict, summary: `START by ${via}`, request, writes: false };
  const [permit] = await gate.admit([intent], session.recording);
  session.exchanges += 1;
  if (permit !== undefined) return permit;
  session.refused += 1;
  return new Refused(verdict);
}

/** Where relative paths begin, as the machine says; without links, which is looked at later. */
async function homeOf(server: FileServer, permit: Permit): Promise<string> {
  const reply = await server.ask(permit, TYPE.REALPATH, ['.']);
  const [entry] = reply.kind === 'names' ? reply.entries : [];
  if (entry?.name.startsWith('/') === true) return entry.name;
  throw new SshUpstreamError('ERR_SSH_UPSTREAM_PROTOCOL', 'the machine does not say where paths begin');
}
