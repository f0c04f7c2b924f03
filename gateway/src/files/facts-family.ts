import type { FactsFamily } from '../model/facts.ts';

/** What may be done to a file, a folder or a repository. */
export const FILE_OPERATIONS = [
  'START',
  'READ',
  'WRITE',
  'LIST',
  'STAT',
  'SETSTAT',
  'MKDIR',
  'RMDIR',
  'DELETE',
  'RENAME',
  'LINK',
  'SYMLINK',
  'FETCH',
  'PUSH',
] as const;

/** One of {@link FILE_OPERATIONS}. */
export type FileOperation = (typeof FILE_OPERATIONS)[number];

/** How files are reached. */
export type FileTransport = 'sftp' | 'scp' | 'rsync' | 'git';

/** The rule family `files`: what rules may match and what `when:` sees under `files.`. */
export const filesFamily: FactsFamily = {
  name: 'files',
  dimensions: {
    operations: {
      match: { by: 'keyword', vocabulary: FILE_OPERATIONS },
      description:
        'START begins a transfer and touches no file. RENAME and LINK need READ and WRITE as well, in one rule and for both names. FETCH and PUSH are of repositories of git.',
    },
    paths: {
      match: { by: 'file' },
      description:
        'Files and folders, absolute, links resolved on the machine: `/srv/app/**`. A recursive operation has everything below as well.',
    },
    via: {
      match: { by: 'glob' },
      description: 'How it is done: sftp, scp, rsync, git.',
    },
    opaque: {
      match: { by: 'glob' },
      explicit: true,
      description:
        'What passes unseen: `stream:rsync`, of which only the command line is known. Allowed only by a rule that names it.',
    },
  },
  attributes: {
    operation: { type: 'string', description: 'The operation, as in `match`.' },
    path: { type: 'string', description: 'The path, links resolved; the old name of a RENAME or LINK.' },
    target: {
      type: 'string',
      description: 'The new name of a RENAME or LINK, what a SYMLINK leads to; else empty.',
    },
    via: { type: 'string', description: 'How it is done: sftp, scp, rsync, git.' },
    size: {
      type: 'int',
      description: 'Bytes of the file that is read, or that is announced. Not known of most writes.',
    },
    mode: { type: 'int', description: 'Permission bits that are asked for; -1 where none are.' },
    sets: {
      type: 'list<string>',
      description: 'What a SETSTAT changes: size, owner, permissions, times.',
    },
    appends: { type: 'bool', description: 'A WRITE that adds to the end.' },
    creates: { type: 'bool', description: 'A WRITE that makes the file where there is none.' },
    truncates: { type: 'bool', description: 'A WRITE that empties the file first.' },
    recursive: { type: 'bool', description: 'With everything below.' },
  },
};
