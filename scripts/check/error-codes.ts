import { type Comment, type Node, parseSync, Visitor } from 'oxc-parser';
import type { SourceFile } from './layers/check-layers.ts';

/** An error code of ours, as the sources tell it. */
export interface ErrorCode {
  readonly code: string;
  /** The file that declares it, relative to the repository. */
  readonly declaredIn: string;
  /** The comment on its member of the union, in one line; empty where there is none. */
  readonly meaning: string;
  /** The messages that go with it, with `…` for what is filled in; sorted. */
  readonly messages: readonly string[];
  /** The files that raise it, relative to the repository; sorted. */
  readonly raisedIn: readonly string[];
}

interface Raised {
  readonly code: string;
  readonly message: string | undefined;
}

const codePattern = /^ERR_[A-Z0-9]+(_[A-Z0-9]+)+$/;

/**
 * Collects the codes that `errors.ts` files declare in their unions, together with the messages found where they
 * are raised: the first text that follows the code in the arguments of a call.
 *
 * @param files production sources, with paths relative to the repository
 */
export function collectErrorCodes(files: readonly SourceFile[]): readonly ErrorCode[] {
  const declared = files.filter((file) => /(^|[/-])errors?\.ts$/.test(file.path)).flatMap(declaredCodes);
  const raised = files.flatMap((file) => raisedCodes(file).map((found) => ({ ...found, path: file.path })));
  return declared
    .map(({ code, path, meaning }) => {
      const found = raised.filter((entry) => entry.code === code);
      const messages = found.flatMap((entry) => (entry.message === undefined ? [] : [entry.message]));
      return {
        code,
        declaredIn: path,
        meaning,
        messages: [...new Set(messages)].sort(),
        raisedIn: [...new Set(found.map((entry) => entry.path))].sort(),
      };
    })
    .sort((left, right) => (left.code < right.code ? -1 : 1));
}

/** What is wrong with the codes themselves: declared twice, never raised, or raised without a word. */
export function errorCodeProblems(codes: readonly ErrorCode[]): readonly string[] {
  const seen = new Map<string, string>();
  return codes.flatMap(({ code, declaredIn, meaning, messages, raisedIn }) => {
    const before = seen.get(code);
    seen.set(code, declaredIn);
    if (before !== undefined) return [`${declaredIn}: ${code} is declared in ${before} as well`];
    if (raisedIn.length === 0) return [`${declaredIn}: ${code} is never raised: remove it`];
    if (meaning === '' && messages.length === 0) return [`${declaredIn}: ${code} has no meaning: comment it`];
    return [];
  });
}

/** Renders `docs/errors.md`. */
export function renderErrorPage(codes: readonly ErrorCode[]): string {
  const modules = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const name = code.declaredIn.replace(/^gateway\/src\//, '').replace(/\/?[^/]*$/, '') || 'gateway';
    modules.set(name, [...(modules.get(name) ?? []), code]);
  }
  const sections = [...modules.keys()].sort().map((name) => {
    const rows = (modules.get(name) ?? []).map(renderRow);
    return [`## ${name}`, '', '| Code | Meaning | Messages |', '|---|---|---|', ...rows, ''].join('\n');
  });
  return `${header}\n${sections.join('\n')}`;
}

const header = `# Error codes

Every error that Sallyport raises itself carries one of these codes, in logs, in the audit trail and in the API.
In a message, … stands for what is filled in. A denial is not an error: see [Denials](agents.md#what-a-denial-looks-like).

This page is generated from the sources by \`npm run check -- --fix\`; do not edit it.
`;

function renderRow({ code, meaning, messages }: ErrorCode): string {
  return `| \`${code}\` | ${cell(meaning)} | ${messages.map(cell).join('<br>')} |`;
}

function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function declaredCodes(
  file: SourceFile,
): readonly { readonly code: string; readonly path: string; readonly meaning: string }[] {
  const { program, comments } = parseSync(file.path, file.text);
  const found: { code: string; path: string; meaning: string }[] = [];
  new Visitor({
    TSLiteralType: ({ literal, start }) => {
      if (literal.type !== 'Literal' || typeof literal.value !== 'string') return;
      if (!codePattern.test(literal.value)) return;
      if (found.some((entry) => entry.code === literal.value)) return;
      found.push({
        code: literal.value,
        path: file.path,
        meaning: meaningBefore(file.text, comments, start),
      });
    },
  }).visit(program);
  return found;
}

function meaningBefore(text: string, comments: readonly Comment[], start: number): string {
  const comment = comments.findLast((candidate) => candidate.end <= start);
  if (comment === undefined || !/^[\s|]*$/.test(text.slice(comment.end, start))) return '';
  return comment.value
    .replace(/^\s*\*+/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function raisedCodes(file: SourceFile): readonly Raised[] {
  const { program } = parseSync(file.path, file.text);
  const found: Raised[] = [];
  const look = (values: readonly Node[]): void => {
    values.forEach((value, index) => {
      const code = value.type === 'Literal' ? value.value : undefined;
      if (typeof code !== 'string' || !codePattern.test(code)) return;
      const message = values
        .slice(index + 1)
        .map(textOf)
        .find((text) => text !== undefined);
      found.push({ code, message });
    });
  };
  new Visitor({
    NewExpression: (node) => look(node.arguments),
    CallExpression: (node) => look(node.arguments),
    ReturnStatement: (node) => look(node.argument === null ? [] : [node.argument]),
    ConditionalExpression: (node) => [node.consequent, node.alternate].forEach((branch) => look([branch])),
    LogicalExpression: (node) => look([node.right]),
    AssignmentExpression: (node) => look([node.right]),
    VariableDeclarator: (node) => look(node.init === null ? [] : [node.init]),
    Property: (node) => look([node.value]),
    PropertyDefinition: (node) => look(node.value === null ? [] : [node.value]),
    AssignmentPattern: (node) => look([node.right]),
    ArrowFunctionExpression: (node) => look([node.body]),
    ArrayExpression: (node) => look(node.elements.filter((element) => element !== null)),
  }).visit(program);
  return found;
}

/** The text of a string, a template or a concatenation, with `…` for what is computed. */
function textOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'TemplateLiteral') {
    return node.quasis.map((part) => part.value.cooked ?? part.value.raw).join('…');
  }
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const left = textOf(node.left);
    const right = textOf(node.right);
    return left === undefined && right === undefined ? undefined : `${left ?? '…'}${right ?? '…'}`;
  }
  return undefined;
}
