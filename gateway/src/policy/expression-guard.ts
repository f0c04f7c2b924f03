import type { RE2JS } from 're2js';
import { RE2JS as Regex } from 're2js';

/** A node of the CEL syntax tree, as far as this module looks into it. Offsets count in the expression. */
export interface ExpressionNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
}

/** Something a policy expression may not do. */
export interface ExpressionProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const MAX_LOOP_DEPTH = 2;
const MAX_PATTERN_LENGTH = 1000;

/**
 * Walks a parsed expression and reports what is forbidden: `matches()` (it backtracks), `re()` with a pattern that is
 * not a literal or does not compile, and loops nested deeper than two (facts may be long, so cost must stay bounded).
 * The compiled patterns are put into `patterns`.
 */
export function guardExpression(root: ExpressionNode, patterns: Map<string, RE2JS>): ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  visit(root, 0);
  return problems;

  function visit(node: ExpressionNode, loops: number): void {
    const name = calledName(node);
    const depth = node.op === 'rcall' && LOOPS.has(name ?? '') ? loops + 1 : loops;
    const message =
      depth > MAX_LOOP_DEPTH ? 'loops are nested too deeply; at most 2' : callProblem(name, node, patterns);
    if (message !== undefined) {
      problems.push({ message, start: node.start, end: node.end });
      return;
    }
    for (const child of childrenOf(node.args)) {
      visit(child, depth);
    }
  }
}

/** The nodes directly below a value of the tree: a node, or lists of nodes. */
export function childrenOf(args: unknown): readonly ExpressionNode[] {
  if (Array.isArray(args)) {
    return args.flatMap((item) => childrenOf(item));
  }
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ExpressionNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'start' in value && 'args' in value;
}

function calledName(node: ExpressionNode): string | undefined {
  const isCall = node.op === 'call' || node.op === 'rcall';
  const name: unknown = isCall && Array.isArray(node.args) ? node.args[0] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function callProblem(
  name: string | undefined,
  node: ExpressionNode,
  patterns: Map<string, RE2JS>,
): string | undefined {
  if (name === 'matches') {
    return "`matches()` can take exponential time; use `re(text, 'pattern')`";
  }
  if (name !== 're' || node.op !== 'call') {
    return undefined;
  }
  const pattern = childrenOf(node.args)[1];
  if (pattern === undefined || pattern.op !== 'value' || typeof pattern.args !== 'string') {
    return "the pattern of `re(text, 'pattern')` must be a literal";
  }
  return patternProblem(pattern.args, patterns);
}

function patternProblem(pattern: string, patterns: Map<string, RE2JS>): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return `the pattern of \`re()\` is longer than ${MAX_PATTERN_LENGTH} characters`;
  }
  try {
    patterns.set(pattern, Regex.compile(pattern));
    return undefined;
  } catch {
    const look = /\(\?(<?[=!])/.exec(pattern);
    return look
      ? `\`${look[0]}\` (look-around) is not possible in \`re()\`: it runs in linear time`
      : 'the pattern of `re()` is not a valid RE2 expression';
  }
}
