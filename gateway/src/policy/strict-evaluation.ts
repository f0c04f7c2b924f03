/**
 * CEL absorbs errors: `x || true` is true although `x` failed, `[…].exists(…)` and `all(…)` likewise. In a policy that
 * would let a broken condition loosen a decision (design: P3). This module makes a parsed expression strict: operands
 * are evaluated left to right, the second only if the first does not settle the result, and the first error ends all.
 *
 * It does so by replacing the evaluator of single syntax nodes, which the library itself replaces in the same way.
 * The library version is pinned, and `proveStrictness` in `expression.ts` refuses to compile any policy if an upgrade
 * ever undoes it.
 */

interface Evaluator {
  run(node: EvaluatedNode, context: unknown): unknown;
}

interface EvaluatedNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta?: { readonly alternate?: EvaluatedNode; readonly macro?: unknown };
  evaluate(evaluator: Evaluator, node: EvaluatedNode, context: unknown): unknown;
}

/** Makes every `||`, `&&`, `all` and `exists` below a node strict. Call it after parsing and before type-checking. */
export function makeStrict(root: unknown): void {
  const seen = new Set<object>();
  visit(root);

  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null || seen.has(value)) {
      return;
    }
    seen.add(value);
    if (isNode(value)) {
      hardenNode(value);
      visit(value.args);
      visit(value.meta?.alternate);
      visit(value.meta?.macro);
    } else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
      Object.values(value).forEach(visit);
    }
  }
}

function hardenNode(node: EvaluatedNode): void {
  if (node.op === '||') {
    node.evaluate = settleOn(true);
  } else if (node.op === '&&') {
    node.evaluate = settleOn(false);
  } else if (node.op === 'comprehension') {
    (node.args as { errorsAreFatal: boolean }).errorsAreFatal = true;
  }
}

function settleOn(settled: boolean): EvaluatedNode['evaluate'] {
  return (evaluator, node, context) => {
    const [left, right] = node.args as readonly [EvaluatedNode, EvaluatedNode];
    const first = evaluator.run(left, context);
    return requireBool(first) === settled ? settled : requireBool(evaluator.run(right, context));
  };
}

function requireBool(value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new TypeError('logical operator requires bool operands');
  }
  return value;
}

function isNode(value: object): value is EvaluatedNode {
  return 'op' in value && 'args' in value && 'evaluate' in value && typeof value.evaluate === 'function';
}
