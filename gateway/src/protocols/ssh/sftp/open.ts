/** OPEN and OPENDIR: a permit that lasts until the handle is closed. */

import type { FileUse } from '../../../files/facts.ts';
import { operationsOf } from '../../../files/facts-from-case.ts';
import { outcomeOf } from './carry-out.ts';
import { type FileAsk, onePath } from './file-ask.ts';
import { type Allowed, type FileWork, moved, type Refused } from './file-work.ts';
import { OpenFile } from './open-file.ts';
import { OpenFolder } from './open-folder.ts';
import type { Place } from './resolve-path.ts';
import { type Attributes, attributeFields } from './wire/attributes.ts';
import { writePacket } from './wire/fields.ts';
import { OPEN, STATUS, TYPE } from './wire/numbers.ts';
import type { SftpReply } from './wire/replies.ts';

/** What is opened, and how. */
export interface OpenRequest {
  readonly path: string;
  /** Of `OPEN` in `wire/numbers.ts`. */
  readonly flags: number;
  readonly attributes: Attributes;
  /** Bytes that will be written, where the client says so. */
  readonly size?: number | undefined;
}

/** Devices that hold nothing. */
const HARMLESS: ReadonlySet<string> = new Set(['/dev/null', '/dev/zero']);

/** Opens a file. A status where the machine or the kind of file does not let it. */
export function openFile(work: FileWork, request: OpenRequest): Promise<OpenFile | SftpReply | Refused> {
  const { flags, attributes } = request;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const writes = has(OPEN.WRITE) || has(OPEN.APPEND) || has(OPEN.CREAT) || has(OPEN.TRUNC);
  const openedFor = { reads: has(OPEN.READ) || !writes, writes };
  const ask = openAsk(request, openedFor);
  return work.perform(ask, async (allowed) => {
    const [place] = allowed.places;
    if (place === undefined) throw new TypeError('no place');
    if (place.kind === 'special' && !HARMLESS.has(place.path)) {
      // A device is another way to every file, and a pipe makes whoever reads wait.
      work.gate.settle(allowed.permit, { status: 'error', result: { code: 'special-file' } });
      return { kind: 'status', code: STATUS.FAILURE };
    }
    const { permissions } = attributes;
    const fields = attributeFields(permissions === undefined ? {} : { permissions });
    const opened = await openHandle(work, ask, {
      allowed,
      packet: writePacket(TYPE.OPEN, 0, [place.path, { uint32: flags }, ...fields]),
    });
    return 'handle' in opened ? new OpenFile(allowed, work, { remote: opened.handle, openedFor }) : opened;
  });
}

/** Opens a folder for its names. */
export function openFolder(work: FileWork, path: string): Promise<OpenFolder | SftpReply | Refused> {
  const ask = onePath('LIST', { text: path, follow: true });
  return work.perform(ask, async (allowed) => {
    const packet = writePacket(TYPE.OPENDIR, 0, [allowed.places[0]?.path ?? '']);
    const opened = await openHandle(work, ask, { allowed, packet });
    return 'handle' in opened ? new OpenFolder(allowed, work, opened.handle) : opened;
  });
}

function openAsk(
  { path, flags, attributes, size }: OpenRequest,
  { reads, writes }: { readonly reads: boolean; readonly writes: boolean },
): FileAsk {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  // What has to be new is not looked for behind a link.
  const follow = !(has(OPEN.CREAT) && has(OPEN.EXCL));
  const describe = ([place]: readonly Place[]): ReturnType<FileAsk['describe']> => {
    if (place === undefined) throw new TypeError('no place');
    const use = (operation: 'READ' | 'WRITE'): FileUse => ({
      operations: operationsOf(operation),
      paths: [place.path],
      asked: place.asked,
    });
    const uses: readonly [FileUse, ...FileUse[]] =
      reads && writes ? [use('WRITE'), use('READ')] : [use(writes ? 'WRITE' : 'READ')];
    return {
      uses,
      size: writes ? size : place.size,
      mode:
        attributes.permissions === undefined || !has(OPEN.CREAT)
          ? undefined
          : attributes.permissions & 0o7777,
      appends: has(OPEN.APPEND),
      creates: has(OPEN.CREAT),
      truncates: has(OPEN.TRUNC),
    };
  };
  return {
    paths: [{ text: path, follow }],
    // A file that is made takes a name, but leads nowhere.
    changesNames: false,
    writes,
    describe,
    record: { flags: flagNames(flags) },
  };
}

function flagNames(flags: number): readonly string[] {
  return Object.entries(OPEN).flatMap(([name, flag]) => ((flags & flag) === 0 ? [] : [name]));
}

/**
 * Sends the message, and behind it the looks by which its path was resolved: the machine answers in order, so a link that was put
 * in the way in between is seen before anything of the file is told.
 */
async function openHandle(
  work: FileWork,
  ask: FileAsk,
  { allowed, packet }: { readonly allowed: Allowed; readonly packet: Buffer },
): Promise<SftpReply> {
  const { permit } = allowed;
  const opening = work.server.askPacket(permit, packet);
  const [reply, hasMoved] = await Promise.all([opening, work.hasMoved(ask, allowed)]);
  if (reply.kind !== 'handle') {
    const isStatus = reply.kind === 'status' && reply.code !== STATUS.OK;
    const answer: SftpReply = isStatus ? reply : { kind: 'status', code: STATUS.FAILURE };
    work.gate.settle(permit, outcomeOf(answer));
    return answer;
  }
  if (!hasMoved) return reply;
  await work.server.ask(permit, TYPE.CLOSE, [reply.handle]);
  throw moved();
}
