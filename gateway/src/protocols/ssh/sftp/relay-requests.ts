/** Requests of a client other than READ and WRITE: judged, carried out, answered. */
import * as carryOut from './carry-out.ts';
import { onePath } from './file-ask.ts';
import type { Refused } from './file-work.ts';
import { type FileWork } from './file-work.ts';
import { type Handles, MOST_HANDLES } from './handles.ts';
import { type OpenRequest, openFile, openFolder } from './open.ts';
import { OpenFile } from './open-file.ts';
import { OpenFolder } from './open-folder.ts';
import { lexicalPath, type Place, UnresolvedError } from './resolve-path.ts';
import { MOST_DATA_BYTES, MOST_PACKET_BYTES, STATUS, TYPE } from './wire/numbers.ts';
import type { SftpReply } from './wire/replies.ts';
import type { SftpRequest } from './wire/requests.ts';

/** What a client gets for a request. */
export type Result = carryOut.Answer | Refused;

/** Where requests are carried out. */
export interface RequestPlace {
  readonly work: FileWork;
  readonly handles: Handles;
  /** SYMLINK in the order of the draft: the new name first. OpenSSH and its like have it second. */
  readonly linkFirst: boolean;
}

/** Carries out a request. Rejects with what is not foreseen. */
export function relayRequest(request: SftpRequest, place: RequestPlace): Promise<Result> | Result {
  const { work } = place;
  switch (request.kind) {
    case 'open':
      return open(place, request);
    case 'opendir':
      return open(place, request.path);
    case 'lstat':
      return carryOut.look(work, TYPE.LSTAT, request.path, false);
    case 'stat':
      return carryOut.look(work, TYPE.STAT, request.path, true);
    case 'readlink':
      return carryOut.look(work, TYPE.READLINK, request.path, false);
    case 'setstat':
    case 'lsetstat': {
      const follow = request.kind === 'setstat';
      return carryOut.setAttributes(work, { text: request.path, follow }, request.attributes);
    }
    case 'mkdir':
      return carryOut.makeFolder(work, request.path, request.attributes);
    case 'rmdir':
      return carryOut.remove(work, 'RMDIR', request.path);
    case 'remove':
      return carryOut.remove(work, 'DELETE', request.path);
    case 'rename':
    case 'posix-rename':
      return carryOut.rename(work, request.from, request.to, request.kind === 'posix-rename');
    case 'link':
      return carryOut.hardLink(work, request.from, request.to);
    case 'symlink': {
      const { first, second } = request;
      return place.linkFirst
        ? carryOut.symbolicLink(work, second, first)
        : carryOut.symbolicLink(work, first, second);
    }
    case 'realpath':
      return realPath(work, request.path);
    case 'expand-path':
      return expandPath(work, request.path);
    case 'statvfs':
      return carryOut.fileSystem(work, request.path);
    case 'limits':
      return limits();
    case 'unsupported':
      return { kind: 'status', code: STATUS.OP_UNSUPPORTED, words: `${request.name} is not supported here` };
    default:
      return onHandle(request, place);
  }
}

async function open({ work, handles }: RequestPlace, what: OpenRequest | string): Promise<Result> {
  if (!handles.reserve()) {
    return { kind: 'status', code: STATUS.FAILURE, words: `more than ${MOST_HANDLES} open files` };
  }
  let handle: Buffer;
  let opened: OpenFile | OpenFolder | undefined;
  try {
    const result = typeof what === 'string' ? await openFolder(work, what) : await openFile(work, what);
    if (!(result instanceof OpenFile || result instanceof OpenFolder)) return result;
    opened = result;
  } finally {
    handle = handles.fill(opened);
  }
  return { kind: 'handle', handle };
}

type HandleRequest = Extract<SftpRequest, { readonly handle: Buffer }>;

async function onHandle(request: HandleRequest, { work, handles }: RequestPlace): Promise<Result> {
  const { server } = work;
  const { kind, handle } = request;
  if (kind === 'close') return close(work, handles, handle);
  if (kind === 'readdir') return readFolder(work, handles.folder(handle));
  const file = handles.file(handle);
  if (file === undefined) return noHandle();
  const stopped = file.stopped();
  if (stopped !== undefined) throw stopped;
  switch (kind) {
    case 'fstat':
      return server.ask(file.permit, TYPE.FSTAT, [file.remote]);
    case 'fstatvfs':
      return carryOut.asFileSystem(await extended(file, work, 'fstatvfs@openssh.com'));
    case 'fsync':
      return extended(file, work, 'fsync@openssh.com');
    case 'fsetstat':
      return carryOut.setOpenAttributes(work, file, request.attributes);
  }
}

function extended(file: OpenFile, { server }: FileWork, name: string): Promise<SftpReply> {
  return server.ask(file.permit, TYPE.EXTENDED, [name, file.remote]);
}

function noHandle(): Result {
  return { kind: 'status', code: STATUS.FAILURE, words: 'no such handle' };
}

async function close(work: FileWork, handles: Handles, handle: Buffer): Promise<Result> {
  const opened = handles.take(handle);
  if (opened === undefined) return noHandle();
  try {
    const reply = await work.server.ask(opened.permit, TYPE.CLOSE, [opened.remote]);
    opened.settle(carryOut.outcomeOf(reply).status);
    return reply;
  } catch (error) {
    opened.settle('error');
    throw error;
  }
}

async function readFolder(work: FileWork, folder: OpenFolder | undefined): Promise<Result> {
  if (folder === undefined) return noHandle();
  for (;;) {
    const reply = await work.server.ask(folder.permit, TYPE.READDIR, [folder.remote]);
    if (reply.kind === 'status') return reply;
    if (reply.kind !== 'names') return { kind: 'status', code: STATUS.FAILURE };
    const entries = folder.shown(reply.entries, reply.unreadable);
    // An answer without names is none for some clients; an empty one of the machine would go on for ever.
    if (entries.length > 0) return { kind: 'names', entries, unreadable: 0 };
    if (reply.entries.length + reply.unreadable === 0) return { kind: 'status', code: STATUS.EOF };
  }
}

function named(name: string): Result {
  return { kind: 'names', entries: [{ name, line: name, attributes: {} }], unreadable: 0 };
}

/**
 * REALPATH. Where links lead is told to whom may look there; everybody else gets what the letters say, whether there is something
 * or not.
 */
async function realPath(work: FileWork, text: string): Promise<Result> {
  const lexical = lexicalPath(text.startsWith('/') ? text : `${work.home}/${text}`);
  const place = await resolved(work, text);
  if (place === undefined || place.path === lexical) return named(lexical);
  const ask = onePath('STAT', { text, follow: true });
  if (work.allows(ask.describe([place])).decision.effect === 'deny') return named(lexical);
  return work.perform(ask, ({ permit, places }) => {
    work.gate.settle(permit, { status: 'ok', result: {} });
    return Promise.resolve(named(places[0]?.path ?? lexical));
  });
}

async function resolved(work: FileWork, text: string): Promise<Place | undefined> {
  try {
    return await work.resolve(text, true);
  } catch (error) {
    if (error instanceof UnresolvedError) return undefined;
    throw error;
  }
}

/** expand-path@openssh.com: REALPATH that knows `~`. */
function expandPath(work: FileWork, text: string): Promise<Result> | Result {
  if (!text.startsWith('~')) return realPath(work, text);
  if (text !== '~' && !text.startsWith('~/')) {
    return { kind: 'status', code: STATUS.FAILURE, words: 'homes of other users are not known here' };
  }
  return realPath(work, `${work.home}/${text.slice(2)}`);
}

/** limits@openssh.com. */
function limits(): Result {
  const body = Buffer.alloc(32);
  [MOST_PACKET_BYTES, MOST_DATA_BYTES, MOST_DATA_BYTES, MOST_HANDLES].forEach((value, index) => {
    body.writeUInt32BE(value, index * 8 + 4);
  });
  return { kind: 'extended', body };
}

/** Extensions that are announced where the machine has them. */
export const FORWARDED: readonly string[] = [
  'posix-rename@openssh.com',
  'statvfs@openssh.com',
  'fstatvfs@openssh.com',
  'hardlink@openssh.com',
  'fsync@openssh.com',
  'lsetstat@openssh.com',
];

/** Extensions that the gateway answers itself, with their versions. */
export const OWN: readonly (readonly [string, string])[] = [
  ['limits@openssh.com', '1'],
  ['expand-path@openssh.com', '1'],
];
