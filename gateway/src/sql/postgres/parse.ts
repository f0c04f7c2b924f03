import { createRequire } from 'node:module';
import { type AstNode, type Fields, nodeAt, numberAt } from './ast.ts';
import { type GrammarError, grammarError } from './grammar-error.ts';
import { skipSpace } from './lexical-scan.ts';
import { StringOffsets } from './string-offsets.ts';

/** Majors whose grammar is at hand. */
export type ParserMajor = 15 | 16 | 17 | 18;

/** One statement of a text: its tree and its half-open range in UTF-16 units. */
export interface ParsedStatement {
  readonly node: AstNode;
  readonly start: number;
  readonly end: number;
}

/** What parsing gave. Never a throw. */
export type ParseOutcome =
  | { readonly statements: readonly ParsedStatement[] }
  | { readonly syntaxError: GrammarError }
  /** The parser itself gave up: nothing is known about the text. */
  | { readonly failure: string };

/** A PostgreSQL parser of one major. Synchronous: it runs in this thread, on text that `checkText` has passed. */
export interface SqlParser {
  readonly major: ParserMajor;
  /** The major whose names are meant: the grammar's, or that of a server newer than any grammar. */
  readonly namesMajor: number;
  parse(text: string): ParseOutcome;
}

/** The part of the Emscripten module that is used. */
interface ParserModule {
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, length: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: 'i32'): number;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
}

type ModuleFactory = () => Promise<ParserModule>;

const PACKAGES: Readonly<Record<ParserMajor, string>> = {
  15: 'libpg-query-15',
  16: 'libpg-query-16',
  17: 'libpg-query-17',
  18: 'libpg-query',
};

/** The grammar for a server major: newer and unknown servers get the newest, older ones the oldest. */
export function parserMajor(serverMajor: number): ParserMajor {
  if (serverMajor <= 15) return 15;
  return serverMajor === 16 || serverMajor === 17 ? serverMajor : 18;
}

/**
 * Loads the parser of a server's major (libpg-query, PostgreSQL's own grammar as WebAssembly). Rejects when the
 * module cannot be loaded. A module instance that overflowed is replaced by a spare one.
 */
export async function createSqlParser(serverMajor: number): Promise<SqlParser> {
  const major = parserMajor(serverMajor);
  const load = createRequire(import.meta.url)(`${PACKAGES[major]}/wasm/libpg-query.js`) as ModuleFactory;
  const [first, second] = await Promise.all([load(), load()]);
  return new RecyclingParser(Math.max(major, serverMajor), load, first, second);
}

class RecyclingParser implements SqlParser {
  readonly major: ParserMajor;
  readonly namesMajor: number;
  readonly #load: ModuleFactory;
  #current: ParserModule | undefined;
  #spare: ParserModule | undefined;

  constructor(namesMajor: number, load: ModuleFactory, first: ParserModule, second: ParserModule) {
    this.major = parserMajor(namesMajor);
    this.namesMajor = namesMajor;
    this.#load = load;
    this.#current = first;
    this.#spare = second;
  }

  parse(text: string): ParseOutcome {
    const module = this.#current;
    if (module === undefined) return { failure: 'the parser is being replaced, try again' };
    try {
      const outcome = parseWith(module, text);
      if ('failure' in outcome) this.#recycle();
      return outcome;
    } catch (error) {
      // RangeError: the stack overflowed; RuntimeError: the module aborted. Its memory cannot be trusted.
      this.#recycle();
      return { failure: `the parser gave up (${error instanceof Error ? error.name : 'unknown error'})` };
    }
  }

  #recycle(): void {
    this.#current = this.#spare;
    this.#spare = undefined;
    void this.#refill();
  }

  async #refill(): Promise<void> {
    try {
      const fresh = await this.#load();
      if (this.#current === undefined) this.#current = fresh;
      else this.#spare = fresh;
    } catch {
      // Stays without a spare; without a current one everything is refused.
    }
  }
}

/** `struct { char* tree; char* stderr; struct { char* message, *funcname, *filename; int lineno, cursorpos; }* }`. */
function parseWith(module: ParserModule, text: string): ParseOutcome {
  const size = module.lengthBytesUTF8(text) + 1;
  const pointer = module._malloc(size);
  module.stringToUTF8(text, pointer, size);
  const result = module._wasm_parse_query_raw(pointer);
  const error = module.getValue(result + 8, 'i32');
  const outcome = error === 0 ? readTree(module, result, text) : readError(module, error);
  module._free(pointer);
  module._wasm_free_parse_result(result);
  return outcome;
}

function readError(module: ParserModule, error: number): ParseOutcome {
  const message = module.UTF8ToString(module.getValue(error, 'i32'));
  if (/memory exhausted|out of memory|stack depth/.test(message)) return { failure: 'the parser gave up' };
  const raisedBy = module.UTF8ToString(module.getValue(error + 4, 'i32'));
  return { syntaxError: grammarError(message, module.getValue(error + 16, 'i32'), raisedBy) };
}

function readTree(module: ParserModule, result: number, text: string): ParseOutcome {
  const tree: unknown = JSON.parse(module.UTF8ToString(module.getValue(result, 'i32')));
  const raw = typeof tree === 'object' && tree !== null ? (tree as Fields)['stmts'] : undefined;
  if (!Array.isArray(raw)) return { failure: 'the parser gave no tree' };
  const offsets = new StringOffsets(text);
  const statements: ParsedStatement[] = [];
  for (const item of raw as Fields[]) {
    const node = nodeAt(item, 'stmt');
    if (node === undefined) return { failure: 'the parser gave a statement without a tree' };
    const at = numberAt(item, 'stmt_location');
    const length = numberAt(item, 'stmt_len');
    const start = skipSpace(text, offsets.at(at));
    statements.push({ node, start, end: length === 0 ? text.length : offsets.at(at + length) });
  }
  return { statements };
}
