import { posix } from 'node:path';
import { type ImportEdge, importsOf, UnparsableSourceError } from './imports.ts';
import type { Room } from './room.ts';

/** A source file of the gateway; the path is relative to `gateway/src`, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A broken layer rule. */
export interface LayerViolation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** What was looked at and what is wrong with it. */
export interface LayerReport {
  readonly modules: number;
  readonly edges: number;
  readonly violations: readonly LayerViolation[];
}

interface Placement {
  readonly room: Room;
  /** What `*` stood for: the protocol's name. */
  readonly slot: string | undefined;
}

/**
 * Checks every import of every production file against the rooms. Tests beside the code are left out: they may
 * use what they like, but nothing may import them. A room without files is a violation too: its rule guards nothing.
 *
 * @param minimum fewest modules that can be right; a checker that looks in the wrong place would find none and
 *   report success
 */
export function checkLayers(
  files: readonly SourceFile[],
  rooms: readonly Room[],
  minimum: number,
): LayerReport {
  const sources = files.filter((file) => !isTest(file.path));
  const known = new Set(files.map((file) => file.path));
  const violations: LayerViolation[] = [];
  let edges = 0;
  for (const file of sources) {
    const placement = placeOf(file.path, rooms);
    if (placement === undefined) {
      violations.push({
        path: file.path,
        line: 1,
        message: 'is in no room: add its folder to scripts/check/layers/rooms.ts, or move it',
      });
      continue;
    }
    for (const edge of edgesOf(file, violations)) {
      edges += 1;
      const message = refusalOf(file.path, edge, placement, rooms, known);
      if (message !== undefined) violations.push({ path: file.path, line: edge.line, message });
    }
  }
  for (const room of rooms) {
    if (sources.some((file) => placeOf(file.path, rooms)?.room === room)) continue;
    violations.push({ path: '.', line: 1, message: `the room ${room.name} is empty: remove its rule` });
  }
  if (sources.length < minimum) {
    const message = `only ${sources.length} modules found, at least ${minimum} expected: the check looked in the wrong place`;
    violations.push({ path: '.', line: 1, message });
  }
  return { modules: sources.length, edges, violations };
}

function edgesOf(file: SourceFile, violations: LayerViolation[]): readonly ImportEdge[] {
  try {
    return importsOf(file.path, file.text);
  } catch (error) {
    if (!(error instanceof UnparsableSourceError)) throw error;
    violations.push({ path: file.path, line: 1, message: `does not parse: ${error.message}` });
    return [];
  }
}

function refusalOf(
  path: string,
  edge: ImportEdge,
  from: Placement,
  rooms: readonly Room[],
  known: ReadonlySet<string>,
): string | undefined {
  const { specifier } = edge;
  const { room } = from;
  if (specifier === undefined) {
    return room.loads === 'computed'
      ? undefined
      : 'loads a module in a way that cannot be checked: name it in an import';
  }
  if (specifier.startsWith('node:')) {
    return mayUseBuiltin(room, specifier, edge) ? undefined : `${room.name} may not use ${specifier}`;
  }
  if (!specifier.startsWith('.')) {
    const packageName = packageOf(specifier);
    return room.packages.includes(packageName)
      ? undefined
      : `${room.name} may not use the package ${packageName}`;
  }
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (!known.has(target)) return `imports ${specifier}, which is not a source file of the gateway`;
  if (room.files?.includes(target) === true) return undefined;
  if (isTest(target)) return `imports the test ${target}`;
  const to = placeOf(target, rooms);
  if (to === undefined || isAllowed(from, to)) return undefined;
  return `${room.name} may not import ${to.room.name} (${target})`;
}

/** `node:net` allows all of it, `node:net#isIP` that name only; types alone need less. */
function mayUseBuiltin(room: Room, specifier: string, { isType, names }: ImportEdge): boolean {
  if (room.builtins.includes(specifier)) return true;
  if (isType && room.builtinTypes?.includes(specifier) === true) return true;
  return names?.every((name) => room.builtins.includes(`${specifier}#${name}`)) === true;
}

function isAllowed(from: Placement, to: Placement): boolean {
  // A slot on both sides must be the same protocol: no protocol knows another.
  if (from.slot !== undefined && to.slot !== undefined && from.slot !== to.slot) return false;
  return from.room.name === to.room.name || from.room.imports.includes(to.room.name);
}

function placeOf(path: string, rooms: readonly Room[]): Placement | undefined {
  for (const room of rooms) {
    const found = room.holds.exec(path);
    if (found !== null) return { room, slot: found.groups?.['protocol'] };
  }
  return undefined;
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Tests, and the folders `testing/` that hold what several tests of a room need. */
function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || /(^|\/)testing\//.test(path);
}
