import type { FileAct, FileUse } from '../../../files/facts.ts';
import type { FileOperation, FileTransport } from '../../../files/facts-family.ts';
import { operationsOf } from '../../../files/facts-from-case.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Place } from './resolve-path.ts';

/** A path as a client names it. */
export interface AskedPath {
  readonly text: string;
  /** A link at its end is followed. */
  readonly follow: boolean;
}

/** Something that a client wants done, before it is known where its paths lead. */
export interface FileAsk {
  readonly paths: readonly AskedPath[];
  /** It changes where names lead, so nothing is resolved meanwhile. */
  readonly changesNames: boolean;
  /** It changes something. */
  readonly writes: boolean;
  /** What the policy judges, once the places are known; in their order. */
  readonly describe: (places: readonly Place[]) => Omit<FileAct, 'via'>;
  /** For the record, beside operation and paths. */
  readonly record?: JsonObject;
}

/** The ask of one operation on one path. */
export function onePath(
  operation: FileOperation,
  { text, follow }: AskedPath,
  more: Omit<FileAct, 'via' | 'uses'> & { readonly isDeep?: boolean } = {},
): FileAsk {
  const { isDeep = false, ...act } = more;
  return {
    paths: [{ text, follow }],
    changesNames: CHANGES_NAMES.has(operation),
    writes: !LOOKS.has(operation),
    describe: ([place]) => {
      if (place === undefined) throw new TypeError('no place');
      const size = act.size ?? (operation === 'READ' || operation === 'STAT' ? place.size : undefined);
      return { ...act, size, uses: [useOf(operation, [place], isDeep)] };
    },
  };
}

const LOOKS: ReadonlySet<FileOperation> = new Set(['READ', 'LIST', 'STAT', 'START', 'FETCH']);
const CHANGES_NAMES: ReadonlySet<FileOperation> = new Set([
  'DELETE',
  'RENAME',
  'MKDIR',
  'RMDIR',
  'LINK',
  'SYMLINK',
]);

/** The ask of an operation on two names: both have to be allowed by one rule. */
export function twoPaths(operation: 'RENAME' | 'LINK', from: string, to: string): FileAsk {
  return {
    paths: [
      { text: from, follow: false },
      { text: to, follow: false },
      // Where links at either end lead: a new name gives what is there, too.
      { text: from, follow: true },
      { text: to, follow: true },
    ],
    changesNames: true,
    writes: true,
    describe: (places) => {
      const use = useOf(operation, places, operation === 'RENAME');
      return {
        uses: [{ ...use, asked: `${places[0]?.asked} to ${places[1]?.asked}` }],
        target: places[1]?.path ?? '',
      };
    },
  };
}

/** The ask of a new link: where it is, and where it will lead. */
export function newLink(at: string, target: string): FileAsk {
  // As the machine reads it: from the folder that the link is in.
  const leads = target.startsWith('/') ? target : `${at}/../${target}`;
  return {
    paths: [
      { text: at, follow: false },
      { text: leads, follow: true },
    ],
    changesNames: true,
    writes: true,
    describe: (places) => ({
      uses: [
        {
          operations: ['SYMLINK'],
          paths: pathsOf(places, false),
          asked: `${places[0]?.asked} to ${places[1]?.asked}`,
        },
      ],
      target: places[1]?.path ?? '',
    }),
    record: { says: target },
  };
}

function useOf(operation: FileOperation, places: readonly Place[], isDeep: boolean): FileUse {
  return {
    operations: operationsOf(operation),
    paths: pathsOf(places, isDeep),
    asked: places[0]?.asked ?? '',
  };
}

/** What is below a folder goes along. */
function pathsOf(places: readonly Place[], isDeep: boolean): readonly string[] {
  const paths = places.flatMap(({ path, kind }) =>
    isDeep && kind === 'folder' ? [path, path === '/' ? '/**' : `${path}/**`] : [path],
  );
  return [...new Set(paths)];
}

/** Opening a transfer. */
export function startAct(via: FileTransport): FileAct {
  return { via, uses: [{ operations: ['START'], paths: [], asked: '' }] };
}
