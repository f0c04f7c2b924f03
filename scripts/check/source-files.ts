import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SourceFile } from './layers/check-layers.ts';

/** Absolute path of the repository. */
export const repositoryRoot: string = path.resolve(import.meta.dirname, '..', '..');

const ignoredFolders = new Set(['node_modules', 'dist', 'coverage']);

/**
 * Lists the files of a folder and below, relative to the repository, with forward slashes, sorted. It needs no
 * git; hidden folders, installed packages and build output are left out.
 */
export function listFiles(folder: string): readonly string[] {
  const found: string[] = [];
  const walk = (relative: string): void => {
    for (const entry of readdirSync(path.join(repositoryRoot, relative), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || ignoredFolders.has(entry.name)) continue;
      const below = path.posix.join(relative, entry.name);
      if (entry.isDirectory()) walk(below);
      else if (entry.isFile()) found.push(below);
    }
  };
  walk(folder);
  return found.sort();
}

/** Reads a file of the repository as text. */
export function readSource(relative: string): string {
  return readFileSync(path.join(repositoryRoot, relative), 'utf8');
}

/** Reads every TypeScript file of the gateway, with paths relative to `gateway/src`. */
export function readGatewaySources(): readonly SourceFile[] {
  return listFiles('gateway/src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: path.posix.relative('gateway/src', file), text: readSource(file) }));
}
