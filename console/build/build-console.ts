/**
 * Builds the console into `dist/`, with a list of exactly what is to be served, each file also compressed. What was built
 * from the same sources is kept. A build is put in place whole, so that a gateway that starts meanwhile never reads half.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a build came to. */
export interface BuiltConsole {
  readonly folder: string;
  /** False where it was there already. */
  readonly isNew: boolean;
  /** All files together, compressed. */
  readonly bytes: number;
  readonly milliseconds: number;
}

interface FileList {
  /** Digest of the sources. */
  readonly source: string;
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly type: string }[];
}

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'dist');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Builds, if that is needed. */
export async function buildConsole(): Promise<BuiltConsole> {
  const startedMs = performance.now();
  const source = digestOfSources();
  const before = readList();
  if (before?.source === source) return { folder, isNew: false, bytes: before.bytes, milliseconds: 0 };
  const draft = `${folder}-${process.pid}`;
  try {
    // Loaded only where it is needed: it takes longer than everything else here.
    const { build } = await import('vite');
    const { consoleConfig } = await import('./vite-config.ts');
    await build({ ...consoleConfig(root), build: { ...consoleConfig(root).build, outDir: draft } });
    const list = writeList(draft, source);
    putInPlace(draft);
    return { folder, isNew: true, bytes: list.bytes, milliseconds: performance.now() - startedMs };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What of the gateway runs in a browser too. */
const SHARED = ['../gateway/src/protocols/rdp/events', '../gateway/src/protocols/rdp/picture'];

/** Whatever the build reads: the console's own files, what it shares with the gateway, and which packages are installed. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const file of [...['.', ...SHARED].flatMap(sourcesIn), '../package-lock.json']) {
    hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

function sourcesIn(below: string): readonly string[] {
  return readdirSync(path.join(root, below), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !/^(dist|node_modules)\b/.test(file) && !/\.test\.tsx?$/.test(file))
    .sort();
}

function readList(): FileList | undefined {
  const file = path.join(folder, 'files.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as FileList) : undefined;
}

function writeList(draft: string, source: string): FileList {
  let bytes = gzipSync(readFileSync(path.join(draft, 'index.html'))).length;
  const files = readdirSync(path.join(draft, 'assets'))
    .sort()
    .map((name) => {
      const file = path.join(draft, 'assets', name);
      const type = TYPES[path.extname(name)];
      if (type === undefined) throw new Error(`the build has a file of a type that is not served: ${name}`);
      const compressed = gzipSync(readFileSync(file), { level: 9 });
      bytes += compressed.length;
      writeFileSync(`${file}.gz`, compressed);
      return { path: `assets/${name}`, type };
    });
  const list = { source, bytes, files };
  writeFileSync(path.join(draft, 'files.json'), JSON.stringify(list));
  return list;
}

function putInPlace(draft: string): void {
  const old = `${draft}-old`;
  mkdirSync(root, { recursive: true });
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(draft, folder);
  rmSync(old, { recursive: true, force: true });
}
