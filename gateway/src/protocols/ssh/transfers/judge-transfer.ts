/** What rsync and git are judged by: which of the machine's files their words are about, links resolved. */
import type { FileAct, FileUse } from '../../../files/facts.ts';
import type { FileOperation } from '../../../files/facts-family.ts';
import type { FileAsk } from '../sftp/file-ask.ts';
import type { Place } from '../sftp/resolve-path.ts';
import type { RsyncTransfer } from './read-rsync.ts';

/** What rsync does beyond its names, nobody sees: the stream has names, links and rules of its own. */
const UNSEEN = ['stream:rsync'];

/** The ask of rsync on these paths. */
export function rsyncAsk(transfer: RsyncTransfer, paths: readonly string[]): FileAsk {
  const operations = operationsOf(transfer);
  return {
    // A link at the end is followed where a slash stands behind it; else it is sent, or replaced.
    paths: paths.map((text) => ({ text, follow: transfer.direction === 'to' })),
    changesNames: transfer.direction === 'to',
    writes: operations.some((operation) => operation !== 'READ'),
    describe: (places): Omit<FileAct, 'via'> => {
      const deep = places.flatMap(deepPaths);
      const asked = places.map((place) => place.asked).join(' ');
      const use = (operation: FileOperation): FileUse => ({ operations: [operation], paths: deep, asked });
      const [first, ...more] = operations;
      return {
        uses: [use(first), ...more.map(use)],
        opaque: UNSEEN,
        recursive: transfer.isRecursive,
      };
    },
    record: { options: [...transfer.options] },
  };
}

/** A folder has all that is below; what is not there may become one. */
function deepPaths({ path, kind }: Place): readonly string[] {
  return kind === 'file' ? [path] : [path, path === '/' ? '/**' : `${path}/**`];
}

/** Everything that the options let it do. */
function operationsOf(transfer: RsyncTransfer): readonly [FileOperation, ...FileOperation[]] {
  const { direction, options, isRecursive, deletes, makesLinks, makesHardLinks, keepsAttributes } = transfer;
  if (direction === 'from') return isRecursive ? ['READ', 'LIST', 'STAT'] : ['READ', 'STAT'];
  return [
    'WRITE',
    // It compares with what is there, and tells by which parts it differs.
    'READ',
    'STAT',
    ...(isRecursive || options.includes('--mkpath') ? (['LIST', 'MKDIR'] as const) : []),
    ...(keepsAttributes ? (['SETSTAT'] as const) : []),
    ...(makesLinks ? (['SYMLINK'] as const) : []),
    ...(makesHardLinks ? (['LINK'] as const) : []),
    ...(deletes ? (['DELETE', 'RMDIR'] as const) : []),
  ];
}

/** The ask of a repository. */
export function gitAsk(operation: 'FETCH' | 'PUSH', text: string): FileAsk {
  return {
    paths: [{ text, follow: true }],
    changesNames: false,
    writes: operation === 'PUSH',
    describe: ([place]): Omit<FileAct, 'via'> => {
      if (place === undefined) throw new TypeError('no place');
      return { uses: [{ operations: [operation], paths: [place.path], asked: place.asked }] };
    },
  };
}
