/** Requests that have one answer: each as it is judged, and as it is sent. */
import type { Outcome } from '../../../enforcement/gate.ts';
import type { FileAct } from '../../../files/facts.ts';
import { type FileAsk, newLink, onePath, twoPaths } from './file-ask.ts';
import { type Allowed, type FileWork, moved, Refused } from './file-work.ts';
import type { OpenFile } from './open-file.ts';
import { type Attributes, attributeFields } from './wire/attributes.ts';
import type { Field } from './wire/fields.ts';
import { STATUS, TYPE } from './wire/numbers.ts';
import type { SftpReply } from './wire/replies.ts';

/** What a client is told: the machine's answer, or a status with words of the gateway's. */
export type Answer = SftpReply | { readonly kind: 'status'; readonly code: number; readonly words: string };

/** How an answer of the machine goes on record. */
export function outcomeOf(reply: SftpReply): Outcome {
  if (reply.kind !== 'status' || reply.code === STATUS.OK) return { status: 'ok', result: {} };
  return { status: 'error', result: { status: reply.code } };
}

/** Sends one message under a permit and settles it by its answer. */
async function sendOnce(
  work: FileWork,
  { permit }: Allowed,
  message: { readonly type: number; readonly fields: readonly Field[] },
): Promise<SftpReply> {
  const reply = await work.server.ask(permit, message.type, message.fields);
  work.gate.settle(permit, outcomeOf(reply));
  return reply;
}

/** The path that was judged. */
function judged({ places }: Allowed, index = 0): string {
  const place = places[index];
  if (place === undefined) throw new TypeError('no place');
  return place.path;
}

/** LSTAT, STAT, READLINK: what is at a path. */
export function look(
  work: FileWork,
  type: number,
  text: string,
  follow: boolean,
): Promise<SftpReply | Refused> {
  return work.perform(onePath('STAT', { text, follow }), async (allowed) => {
    const reply = await sendOnce(work, allowed, { type, fields: [judged(allowed)] });
    const names = reply.kind === 'names' ? reply.entries : [];
    // What a link says may be a value.
    const isFound = names.some(
      ({ name }) => allowed.masks?.scanner?.scanBytes(Buffer.from(name)) !== undefined,
    );
    return isFound ? { kind: 'status', code: STATUS.PERMISSION_DENIED } : reply;
  });
}

/** REMOVE, RMDIR. */
export function remove(
  work: FileWork,
  operation: 'DELETE' | 'RMDIR',
  text: string,
): Promise<SftpReply | Refused> {
  const type = operation === 'DELETE' ? TYPE.REMOVE : TYPE.RMDIR;
  return work.perform(onePath(operation, { text, follow: false }), (allowed) =>
    sendOnce(work, allowed, { type, fields: [judged(allowed)] }),
  );
}

/** MKDIR. Of the attributes the permissions count. */
export function makeFolder(
  work: FileWork,
  text: string,
  { permissions }: Attributes,
): Promise<SftpReply | Refused> {
  const attributes = permissions === undefined ? {} : { permissions };
  return work.perform(onePath('MKDIR', { text, follow: false }, { mode: modeOf(permissions) }), (allowed) =>
    sendOnce(work, allowed, { type: TYPE.MKDIR, fields: [judged(allowed), ...attributeFields(attributes)] }),
  );
}

function modeOf(permissions: number | undefined): number | undefined {
  return permissions === undefined ? undefined : permissions & 0o7777;
}

/** The ask of changed attributes: a new length is a write. */
function setAsk(text: string, follow: boolean, attributes: Attributes): FileAsk {
  const { size, owner, permissions, times } = attributes;
  const sets = [
    ...(size === undefined ? [] : ['size']),
    ...(owner === undefined ? [] : ['owner']),
    ...(permissions === undefined ? [] : ['permissions']),
    ...(times === undefined ? [] : ['times']),
  ];
  const ask = onePath('SETSTAT', { text, follow }, { sets, mode: modeOf(permissions), size: size ?? 0 });
  if (size === undefined) return { ...ask, record: { ...attributes } };
  return {
    ...ask,
    record: { ...attributes },
    describe: (places): Omit<FileAct, 'via'> => {
      const act = ask.describe(places);
      const [use] = act.uses;
      return { ...act, uses: [use, { ...use, operations: ['WRITE'] }] };
    },
  };
}

/** SETSTAT, and lsetstat@openssh.com, which follows no link. */
export function setAttributes(
  work: FileWork,
  { text, follow }: { readonly text: string; readonly follow: boolean },
  attributes: Attributes,
): Promise<SftpReply | Refused> {
  return work.perform(setAsk(text, follow, attributes), (allowed) => {
    const fields = [judged(allowed), ...attributeFields(attributes)];
    return sendOnce(
      work,
      allowed,
      follow
        ? { type: TYPE.SETSTAT, fields }
        : { type: TYPE.EXTENDED, fields: ['lsetstat@openssh.com', ...fields] },
    );
  });
}

/** FSETSTAT: judged by the path by which the file was opened. */
export function setOpenAttributes(
  work: FileWork,
  file: OpenFile,
  attributes: Attributes,
): Promise<SftpReply | Refused> {
  return work.perform(setAsk(file.path, true, attributes), (allowed) => {
    if (judged(allowed) !== file.path) throw moved();
    return sendOnce(work, allowed, {
      type: TYPE.FSETSTAT,
      fields: [file.remote, ...attributeFields(attributes)],
    });
  });
}

/** RENAME, which overwrites nothing, and posix-rename@openssh.com, which does. */
export function rename(
  work: FileWork,
  from: string,
  to: string,
  overwrites: boolean,
): Promise<SftpReply | Refused> {
  const ask = { ...twoPaths('RENAME', from, to), record: { overwrites } };
  return work.perform(ask, (allowed) => {
    const names = [judged(allowed), judged(allowed, 1)];
    return sendOnce(
      work,
      allowed,
      overwrites
        ? { type: TYPE.EXTENDED, fields: ['posix-rename@openssh.com', ...names] }
        : { type: TYPE.RENAME, fields: names },
    );
  });
}

/** hardlink@openssh.com. */
export function hardLink(work: FileWork, from: string, to: string): Promise<SftpReply | Refused> {
  return work.perform(twoPaths('LINK', from, to), (allowed) =>
    sendOnce(work, allowed, {
      type: TYPE.EXTENDED,
      fields: ['hardlink@openssh.com', judged(allowed), judged(allowed, 1)],
    }),
  );
}

/** SYMLINK, in the order of OpenSSH: what it says first, although the draft has it second. */
export function symbolicLink(work: FileWork, says: string, at: string): Promise<SftpReply | Refused> {
  return work.perform(newLink(at, says), (allowed) =>
    sendOnce(work, allowed, { type: TYPE.SYMLINK, fields: [says, judged(allowed)] }),
  );
}

/** What statvfs@openssh.com answers: eleven numbers. */
const STATVFS_BYTES = 88;

/** statvfs@openssh.com. */
export async function fileSystem(work: FileWork, text: string): Promise<SftpReply | Refused> {
  const reply = await work.perform(onePath('STAT', { text, follow: true }), (allowed) =>
    sendOnce(work, allowed, { type: TYPE.EXTENDED, fields: ['statvfs@openssh.com', judged(allowed)] }),
  );
  return reply instanceof Refused ? reply : asFileSystem(reply);
}

/** Numbers only. */
export function asFileSystem(reply: SftpReply): SftpReply {
  return reply.kind === 'extended' && reply.body.length !== STATVFS_BYTES
    ? { kind: 'status', code: STATUS.FAILURE }
    : reply;
}
