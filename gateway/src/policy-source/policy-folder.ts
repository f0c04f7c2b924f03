import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyVersion } from '../model/decision.ts';
import type { PolicyFile } from '../policy/source-file.ts';
import { MAX_POLICY_FILE_BYTES } from '../policy/source-file.ts';
import { PolicySourceError } from './errors.ts';
import { describeGitCommit, type FolderFile } from './git-commit.ts';

/** What a policy folder held at one moment. Paths are relative to it, with `/`, sorted. */
export interface PolicyFolder {
  readonly files: readonly PolicyFile[];
  /** The `*.test.yaml` files; they are no part of the version. */
  readonly testFiles: readonly PolicyFile[];
  readonly version: PolicyVersion;
}

const YAML_NAME = /\.ya?ml$/;
const MAX_FILES = 2000;
const MAX_DEPTH = 12;
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;
const MAX_READS = 5;

/**
 * Reads all `*.yaml` and `*.yml` files of a folder and the folders below it, but for names that begin with a dot, and
 * hashes names and contents. The folder is read until two readings agree, so that a change in the middle (a checkout)
 * does not give half of each. Linked files are followed, linked folders are not. Throws {@link PolicySourceError}.
 */
export async function loadPolicyFolder(path: string): Promise<PolicyFolder> {
  let previous = await readFolder(path);
  for (let reading = 1; reading < MAX_READS; reading++) {
    const next = await readFolder(path);
    if (next.fingerprint === previous.fingerprint) {
      return finish(path, next);
    }
    previous = next;
  }
  throw new PolicySourceError(
    'ERR_POLICY_SOURCE_UNSTABLE',
    `the files in \`${path}\` keep changing; try again`,
  );
}

async function finish(path: string, { files: all, contents }: Reading): Promise<PolicyFolder> {
  const files = all.filter((file) => isPolicyFile(file.path));
  if (files.length === 0) {
    throw new PolicySourceError('ERR_POLICY_SOURCE_EMPTY', `no policy file (*.yaml) in \`${path}\``);
  }
  const read = contents.filter((file) => isPolicyFile(file.path));
  const commit = await describeGitCommit(path, read, isPolicyFile);
  return {
    files,
    testFiles: all.filter((file) => !isPolicyFile(file.path)),
    version: { ...(commit === undefined ? {} : { commit }), hash: hashFiles(files) },
  };
}

/** SHA-256, in hex, over the names and contents of files; each is preceded by its length, so nothing can be shifted. */
export function hashFiles(files: readonly PolicyFile[]): string {
  const hash = createHash('sha256');
  for (const { path, text } of files) {
    for (const part of [path, text]) {
      const bytes = Buffer.from(part);
      hash.update(`${bytes.length}:`).update(bytes);
    }
  }
  return hash.digest('hex');
}

interface Reading {
  readonly files: readonly PolicyFile[];
  readonly contents: readonly FolderFile[];
  readonly fingerprint: string;
}

async function readFolder(root: string): Promise<Reading> {
  const paths = await listFiles(root, '', 0);
  const contents: FolderFile[] = [];
  let total = 0;
  for (const path of paths.sort()) {
    const bytes = await readOne(join(root, path), path);
    total += bytes.length;
    if (total > MAX_TOTAL_BYTES) {
      throw new PolicySourceError('ERR_POLICY_SOURCE_TOO_LARGE', `more than 32 MiB of policy in \`${root}\``);
    }
    contents.push({ path, bytes });
  }
  const files = contents.map(({ path, bytes }) => ({ path, text: decode(bytes, path) }));
  return { files, contents, fingerprint: hashFiles(files) };
}

async function listFiles(root: string, folder: string, depth: number): Promise<string[]> {
  if (depth > MAX_DEPTH) {
    throw new PolicySourceError('ERR_POLICY_SOURCE_TOO_LARGE', `folders nested too deeply below \`${root}\``);
  }
  const found: string[] = [];
  for (const entry of await readEntries(join(root, folder))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith('.')) {
      continue;
    }
    if (entry.isDirectory()) {
      found.push(...(await listFiles(root, path, depth + 1)));
    } else if (YAML_NAME.test(entry.name) && (await isRegularFile(join(root, path)))) {
      found.push(path);
    }
    if (found.length > MAX_FILES) {
      throw new PolicySourceError(
        'ERR_POLICY_SOURCE_TOO_LARGE',
        `more than ${MAX_FILES} files in \`${root}\``,
      );
    }
  }
  return found;
}

async function readEntries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** A link that leads nowhere is an error, not an absent file: its rules would be silently missing. */
async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readOne(path: string, name: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_POLICY_FILE_BYTES) {
      throw new PolicySourceError('ERR_POLICY_SOURCE_TOO_LARGE', `\`${name}\` is larger than 1 MiB`);
    }
    return await readFile(path);
  } catch (error) {
    throw error instanceof PolicySourceError ? error : unreadable(path, error);
  }
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new PolicySourceError('ERR_POLICY_SOURCE_ENCODING', `\`${name}\` is not UTF-8`, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'it is no folder; name the one that holds the policy files',
  EACCES: 'its permissions do not let this user read it',
};

function unreadable(path: string, cause: unknown): PolicySourceError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  const reason = REASONS[code] ?? code;
  return new PolicySourceError('ERR_POLICY_SOURCE_UNREADABLE', `cannot read \`${path}\`: ${reason}`, cause);
}

/** Says whether a path (relative to the folder) is one of the files that make up the policy. */
function isPolicyFile(path: string): boolean {
  const isHidden = path.split('/').some((name) => name.startsWith('.'));
  return !isHidden && YAML_NAME.test(path) && !/\.test\.ya?ml$/.test(path);
}
