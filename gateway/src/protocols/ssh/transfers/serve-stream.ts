/** rsync and git: their words are judged as files, and the program runs on the machine with the places that were judged. */
import { exchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import { plainText } from '../../../shell/plain-command.ts';
import { quote } from '../../../shell/write-word.ts';
import { SshError } from '../errors.ts';
import { denialOf } from '../refusal.ts';
import { forward } from '../relay/forward.ts';
import { OutputLimits } from '../relay/output-limits.ts';
import type { ProgramPlace } from '../relay/run-program.ts';
import type { FileAsk } from '../sftp/file-ask.ts';
import { type FileWork, Refused } from '../sftp/file-work.ts';
import type { Place } from '../sftp/resolve-path.ts';
import { type WorkEnd, withWork } from '../sftp/with-work.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { expandWord } from './expand-word.ts';
import { gitAsk, rsyncAsk } from './judge-transfer.ts';
import type { RsyncTransfer } from './read-rsync.ts';
import type { GitTransfer } from './read-transfer.ts';

/** Serves it. Rejects with what is not foreseen, after which the channel is still open. */
export function serveStream(
  request: ProgramRequest,
  transfer: RsyncTransfer | GitTransfer,
  place: ProgramPlace,
): Promise<void> {
  const how = { request, place };
  return withWork({ channel: request.channel, via: transfer.kind }, place, {
    serve: (work) => (transfer.kind === 'git' ? git(work, transfer, how) : rsync(work, transfer, how)),
    isClients: (error) => error instanceof SshError,
  });
}

interface How {
  readonly request: ProgramRequest;
  readonly place: ProgramPlace;
}

async function rsync(work: FileWork, transfer: RsyncTransfer, how: How): Promise<WorkEnd | undefined> {
  const texts: string[] = [];
  for (const word of transfer.paths) {
    const expanded = transfer.direction === 'from' ? await expandWord(work, word) : written(work, word);
    if (expanded instanceof Refused) return denialOf(expanded.verdict);
    texts.push(...expanded);
  }
  return run(work, rsyncAsk(transfer, texts), {
    ...how,
    command: (places) => [
      'rsync',
      ...transfer.options,
      '.',
      // A slash at the end says that the contents are meant.
      ...places.map(({ path }, index) =>
        texts[index]?.endsWith('/') === true && path !== '/' ? `${path}/` : path,
      ),
    ],
  });
}

function written(work: FileWork, word: Parameters<typeof plainText>[0]): readonly string[] {
  const text = plainText(word, work.home);
  if (text !== undefined) return [text];
  throw new SshError('ERR_SSH_NOT_SUPPORTED', 'the path has to be written out: it has a glob in it');
}

/** Git looks for a repository under several names; which one it is, is found out before it is judged. */
async function git(
  work: FileWork,
  { program, operation, path }: GitTransfer,
  how: How,
): Promise<WorkEnd | undefined> {
  const [text = ''] = written(work, path);
  const repository = await findRepository(work, text);
  const ask = gitAsk(operation, repository);
  return run(work, ask, {
    ...how,
    async command([place]) {
      if (place === undefined) throw new TypeError('no place');
      const inner = `${place.path}/.git`;
      const { kind } = await work.resolve(inner, false);
      // A file or a link of this name leads to another place, which was not judged.
      if (kind !== 'missing' && kind !== 'folder') {
        throw new SshError('ERR_SSH_NOT_SUPPORTED', 'the repository lies elsewhere, where its .git says');
      }
      const strict = program === 'git-upload-pack' ? ['--strict'] : [];
      return [program, ...strict, kind === 'folder' ? inner : place.path];
    },
  });
}

/** In the order of git: the path, then with `.git` behind it. */
async function findRepository(work: FileWork, text: string): Promise<string> {
  const { kind } = await work.resolve(text, true);
  if (kind === 'folder' || text.endsWith('/')) return text;
  return (await work.resolve(`${text}.git`, true)).kind === 'folder' ? `${text}.git` : text;
}

/** Undefined where the program ran: it has ended the channel then. */
async function run(
  work: FileWork,
  ask: FileAsk,
  {
    request,
    place,
    command,
  }: How & { readonly command: (places: readonly Place[]) => readonly string[] | Promise<readonly string[]> },
): Promise<WorkEnd | undefined> {
  const started = await work.perform(ask, async (allowed) => {
    const words = await command(allowed.places);
    const { permit, obligations } = allowed;
    const running = forward(permit, {
      request,
      session: place.session,
      machine: place.machine,
      canonical: words.map(quote).join(' '),
      hasInput: true,
      isRecorded: false,
      limits: new OutputLimits(exchangeLimits(obligations), permit.decision, 'transfer'),
      masks: undefined,
      inScope: undefined,
      log: place.log,
    }).then((outcome) => place.gate.settle(permit, outcome));
    // It lasts long: others may change names meanwhile.
    return { running };
  });
  if (started instanceof Refused) return denialOf(started.verdict);
  await started.running;
  return undefined;
}
