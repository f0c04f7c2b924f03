import type { Node, Pair } from 'yaml';
import { type Document, isAlias, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { codeFrame } from './code-frame.ts';
import type { PolicyDiagnostic, PolicyDiagnosticCode } from './errors.ts';
import { offsetInScalar } from './scalar-offset.ts';

/** A policy file as its reader found it: its name for messages, relative to the folder, and its text. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** A stretch of one source line; line and column count from 1. */
export interface SourceSpan {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Keys and indexes from the top of a YAML document to a value. */
export type SourcePath = readonly (string | number)[];

/** Largest file that is read, in UTF-8 bytes. */
export const MAX_POLICY_FILE_BYTES: number = 1024 * 1024;

const MAX_ALIASES = 100;

/** A parsed YAML file whose every value can be found again in the text. */
export class SourceFile {
  readonly path: string;
  /** The document as plain JavaScript; undefined when there are syntax errors. */
  readonly value: unknown;
  readonly errors: readonly PolicyDiagnostic[];
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #document: Document.Parsed | undefined;

  /** Parses a file; syntax errors end up in {@link SourceFile.errors}, nothing is thrown. */
  constructor(file: PolicyFile) {
    this.path = file.path;
    this.#text = file.text;
    this.#lines = new LineCounter();
    if (Buffer.byteLength(file.text) > MAX_POLICY_FILE_BYTES) {
      this.errors = [this.#report('ERR_POLICY_SYNTAX', 'file is larger than 1 MiB', startOfFile)];
      return;
    }
    try {
      this.#document = parseDocument(file.text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        version: '1.2',
      });
      this.errors = [...this.#document.errors, ...this.#document.warnings].map((problem) =>
        this.#report('ERR_POLICY_SYNTAX', yamlMessage(problem), this.#span(problem.pos[0], problem.pos[1])),
      );
      this.value = this.errors.length > 0 ? undefined : this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      const message = error instanceof RangeError ? 'nested too deeply' : yamlMessage(error);
      this.errors = [this.#report('ERR_POLICY_SYNTAX', message, startOfFile)];
    }
  }

  /** An error or warning (by its code) at the value of a path; at its nearest parent where there is none. */
  at(code: PolicyDiagnosticCode, message: string, path: SourcePath): PolicyDiagnostic {
    return this.#report(code, message, this.#nodeSpan(path));
  }

  /** An error or warning at a key of the map at a path. */
  atKey(code: PolicyDiagnosticCode, message: string, path: SourcePath, key: string): PolicyDiagnostic {
    const pair = this.#pair(path, key);
    const range = isNode(pair?.key) ? pair.key.range : undefined;
    return this.#report(code, message, range ? this.#span(range[0], range[1]) : this.#nodeSpan(path));
  }

  /** An error inside the text of a string value, for example in a `when:`; offsets count in the string. */
  inString(message: string, path: SourcePath, start: number, end: number): PolicyDiagnostic {
    const node = this.#node(path);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) {
      return this.at('ERR_POLICY_EXPRESSION', message, path);
    }
    const source = this.#text.slice(node.range[0], node.range[1]);
    const from = node.range[0] + offsetInScalar(source, node.value, start);
    const until = node.range[0] + offsetInScalar(source, node.value, Math.max(start, end - 1)) + 1;
    return this.#report('ERR_POLICY_EXPRESSION', message, this.#span(from, until));
  }

  /** Line of the value at a path, counted from 1. */
  lineOf(path: SourcePath): number {
    return this.#nodeSpan(path).line;
  }

  #report(code: PolicyDiagnosticCode, message: string, span: SourceSpan): PolicyDiagnostic {
    return {
      code,
      severity: code.startsWith('WARN_') ? 'warning' : 'error',
      message,
      path: this.path,
      line: span.line,
      column: span.column,
      frame: codeFrame(this.#text, span),
    };
  }

  #nodeSpan(path: SourcePath): SourceSpan {
    for (let length = path.length; length >= 0; length--) {
      const range = this.#node(path.slice(0, length))?.range;
      if (range) {
        return this.#span(range[0], range[1]);
      }
    }
    return startOfFile;
  }

  #node(path: SourcePath): Node | undefined {
    const found: unknown = this.#document?.getIn(path, true);
    if (isAlias(found)) {
      return found;
    }
    return isNode(found) ? found : undefined;
  }

  #pair(path: SourcePath, key: string): Pair | undefined {
    const map = path.length === 0 ? this.#document?.contents : this.#node(path);
    return isMap(map)
      ? map.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
      : undefined;
  }

  #span(start: number, end: number): SourceSpan {
    const { line, col } = this.#lines.linePos(start);
    if (line === 0) {
      return startOfFile;
    }
    const newline = this.#text.slice(start, end).search(/[\r\n]/);
    const length = newline === -1 ? end - start : newline;
    return { line, column: col, length: Math.max(1, length) };
  }
}

const startOfFile: SourceSpan = { line: 1, column: 1, length: 1 };

/** The parser's own words in our form: first line only, lower case, without full stop. */
function yamlMessage(problem: unknown): string {
  const text = problem instanceof Error ? problem.message : String(problem);
  const line = text.split('\n', 1)[0] ?? '';
  return (line.charAt(0).toLowerCase() + line.slice(1)).replace(/[.:]$/, '');
}
