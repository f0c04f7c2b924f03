import { parseSync, Visitor } from 'oxc-parser';

/** One place where a module names another, or reaches for one in a way that cannot be followed. */
export interface ImportEdge {
  /** The text between the quotes; undefined where it is computed or loaded behind the loader's back. */
  readonly specifier: string | undefined;
  /** The names that are taken; undefined where it is everything, or nothing but the effect of loading. */
  readonly names: readonly string[] | undefined;
  /** Gone at run time: `import type`, `export type`, `import('…')` as a type. */
  readonly isType: boolean;
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
  const add = (offset: number, specifier: unknown, more: Partial<ImportEdge> = {}): void => {
    const known = typeof specifier === 'string' ? specifier : undefined;
    edges.push({ specifier: known, names: undefined, isType: false, line: lineOf(text, offset), ...more });
  };
  new Visitor({
    ImportDeclaration: (node) => {
      const names = node.specifiers.map((specifier) =>
        specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
          ? specifier.imported.name
          : undefined,
      );
      const known = names.filter((name) => name !== undefined);
      const isNamed = known.length === names.length && known.length > 0;
      add(node.start, node.source.value, {
        isType: node.importKind === 'type',
        names: isNamed ? known : undefined,
      });
    },
    ExportAllDeclaration: (node) =>
      add(node.start, node.source.value, { isType: node.exportKind === 'type' }),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.start, node.source.value, { isType: node.exportKind === 'type' });
    },
    ImportExpression: (node) =>
      add(node.start, node.source.type === 'Literal' ? node.source.value : undefined),
    TSImportType: (node) => add(node.start, node.source.value, { isType: true }),
    TSExternalModuleReference: (node) => add(node.start, node.expression.value),
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') add(node.start, undefined);
    },
    Identifier: (node) => {
      if (loaderBackDoors.has(node.name)) add(node.start, undefined);
    },
    Literal: (node) => {
      // process['getBuiltinModule'] is the same door with another handle.
      if (typeof node.value === 'string' && loaderBackDoors.has(node.value)) add(node.start, undefined);
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
