import { parseSync, Visitor } from 'oxc-parser';

/** One place where a module names another, or reaches for one in a way that cannot be followed. */
export interface ImportEdge {
  /** The text between the quotes; undefined where it is computed or loaded behind the loader's back. */
  readonly specifier: string | undefined;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** A file that does not parse: nothing can be said about its imports. */
export class UnparsableSourceError extends Error {}

/**
 * Finds every import of a TypeScript module: static, dynamic, re-exported, type-only and inline `import('…')`
 * types, because a layer is broken by knowing another one, at run time or not.
 */
export function importsOf(path: string, text: string): readonly ImportEdge[] {
  const { program, errors } = parseSync(path, text);
  const first = errors[0];
  if (first !== undefined) throw new UnparsableSourceError(`${path}: ${first.message}`);
  const edges: ImportEdge[] = [];
  const add = (specifier: unknown, offset: number): void => {
    const known = typeof specifier === 'string' ? specifier : undefined;
    edges.push({ specifier: known, line: lineOf(text, offset) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start),
    ExportAllDeclaration: (node) => add(node.source.value, node.start),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source.value, node.start);
    },
    ImportExpression: (node) =>
      add(node.source.type === 'Literal' ? node.source.value : undefined, node.start),
    TSImportType: (node) => add(node.source.value, node.start),
    TSExternalModuleReference: (node) => add(node.expression.value, node.start),
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') add(undefined, node.start);
    },
    Identifier: (node) => {
      if (loaderBackDoors.has(node.name)) add(undefined, node.start);
    },
    Literal: (node) => {
      // process['getBuiltinModule'] is the same door with another handle.
      if (typeof node.value === 'string' && loaderBackDoors.has(node.value)) add(undefined, node.start);
    },
  }).visit(program);
  return edges;
}

/** Ways to get hold of a module that are not import syntax. */
const loaderBackDoors = new Set(['getBuiltinModule', 'createRequire', 'mainModule', '_linkedBinding']);

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
