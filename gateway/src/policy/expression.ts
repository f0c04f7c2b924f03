import { Environment } from '@marcbachmann/cel-js';
import type { RE2JS } from 're2js';
import type { FactsFamily } from '../model/facts.ts';
import { didYouMean } from './did-you-mean.ts';
import {
  childrenOf,
  type ExpressionNode,
  type ExpressionProblem,
  guardExpression,
} from './expression-guard.ts';
import type { ExpressionVariables } from './expression-variables.ts';
import { makeStrict } from './strict-evaluation.ts';

/** What a `when:` gave for one statement; an error carries the reason for the record. */
export type ExpressionResult = boolean | { readonly error: string };

/** A checked `when:`. Never throws. */
export type CompiledExpression = (variables: ExpressionVariables) => ExpressionResult;

/** Compiles the `when:` of one family's rules. */
export type ExpressionCompiler = (
  source: string,
) =>
  | { readonly ok: true; readonly evaluate: CompiledExpression }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/** The variables of every `when:`, besides the one of the family. */
export const EXPRESSION_VARIABLES: readonly string[] = ['principal', 'resource', 'account', 'context'];

const LIMITS = {
  maxAstNodes: 500,
  maxDepth: 40,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
};

/**
 * Makes the compiler for a family: variables `<family>` (its attributes), `principal`, `resource`, `account` and
 * `context`, and the function `re(text, 'pattern')` in linear time. An expression must type-check and be a bool.
 */
export function createExpressionCompiler(family: FactsFamily): ExpressionCompiler {
  const patterns = new Map<string, RE2JS>();
  const environment = createEnvironment(family, patterns);
  const names = [...EXPRESSION_VARIABLES, family.name];
  return (source) => {
    try {
      const parsed = environment.parse(source);
      const root = parsed.ast as unknown as ExpressionNode;
      const problems = [...guardExpression(root, patterns), ...unknownPresence(root, source, environment)];
      makeStrict(root);
      const checked = parsed.check();
      if (checked.error) {
        problems.push(problemOf(checked.error, family, names));
      } else if (checked.type !== 'bool') {
        problems.push({
          message: `\`when\` must be a bool, not ${checked.type ?? 'unknown'}`,
          start: 0,
          end: source.length,
        });
      }
      return problems.length > 0 ? { ok: false, problems } : { ok: true, evaluate: evaluator(parsed) };
    } catch (error) {
      return { ok: false, problems: [problemOf(error, family, names)] };
    }
  };
}

function evaluator(parsed: (variables: ExpressionVariables) => unknown): CompiledExpression {
  return (variables) => {
    try {
      const value: unknown = parsed(variables);
      return typeof value === 'boolean' ? value : { error: 'not a bool' };
    } catch (error) {
      return { error: summaryOf(error) };
    }
  };
}

function createEnvironment(family: FactsFamily, patterns: ReadonlyMap<string, RE2JS>): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS })
    .registerVariable({
      name: 'principal',
      schema: {
        issuer: 'string',
        subject: 'string',
        groups: 'list<string>',
        agent: 'string',
        run: 'string',
        claims: 'map<string, string>',
        delegation: 'list<map<string, string>>',
      },
    })
    .registerVariable({
      name: 'resource',
      schema: { name: 'string', protocol: 'string', labels: 'map<string, string>' },
    })
    .registerVariable('account', 'string')
    .registerVariable({ name: 'context', schema: { sourceAddress: 'string' } })
    .registerFunction('re(string, string): bool', (text: string, pattern: string) => {
      const compiled = patterns.get(pattern);
      if (compiled === undefined) {
        throw new TypeError('pattern was not compiled at load');
      }
      return compiled.test(text);
    });
  const attributes = Object.entries(family.attributes).map(([name, { type }]) => [name, type] as const);
  return attributes.length === 0
    ? environment
    : environment.registerVariable({ name: family.name, schema: Object.fromEntries(attributes) });
}

/**
 * `has(sql.typo)` type-checks in the library and is simply false, which would make `!has(sql.typo)` always true:
 * the argument of every `has()` on a known variable is therefore checked as an expression of its own.
 */
function unknownPresence(
  root: ExpressionNode,
  source: string,
  environment: Environment,
): ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  const visit = (node: ExpressionNode): void => {
    const children = childrenOf(node.args);
    const [selected] = children;
    const isPresence = node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has';
    if (isPresence && selected && environment.hasVariable(rootName(selected) ?? '')) {
      const { error } = environment.check(source.slice(selected.start, selected.end));
      if (error) {
        problems.push({ message: lower(summaryOf(error)), start: selected.start, end: selected.end });
      }
    }
    children.forEach(visit);
  };
  visit(root);
  return problems;
}

function rootName(node: ExpressionNode): string | undefined {
  if (node.op === 'id' && typeof node.args === 'string') {
    return node.args;
  }
  const [inner] = childrenOf(node.args);
  return inner === undefined ? undefined : rootName(inner);
}

function problemOf(error: unknown, family: FactsFamily, variables: readonly string[]): ExpressionProblem {
  const range =
    error instanceof Error && 'range' in error
      ? (error.range as { start?: number; end?: number } | undefined)
      : undefined;
  const summary = summaryOf(error);
  const attribute = /^No such key: (\S+)/.exec(summary)?.[1];
  const variable = /^Unknown variable: (\S+)/.exec(summary)?.[1];
  const help = attribute
    ? didYouMean(attribute, [...Object.keys(family.attributes), ...CORE_FIELDS])
    : variable
      ? didYouMean(variable, variables)
      : '';
  const named = attribute ?? variable;
  const message = named === undefined ? summary : summary.replace(/: \S+/, ` \`${named}\``);
  return { message: lower(message) + help, start: range?.start ?? 0, end: range?.end ?? 1 };
}

const CORE_FIELDS = [
  'issuer',
  'subject',
  'groups',
  'agent',
  'run',
  'delegation',
  'name',
  'protocol',
  'labels',
  'sourceAddress',
];

function summaryOf(error: unknown): string {
  if (error instanceof Error && 'summary' in error && typeof error.summary === 'string') {
    return error.summary;
  }
  return error instanceof RangeError
    ? 'nested too deeply'
    : error instanceof Error
      ? error.message
      : 'failed';
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

let isProved = false;

/**
 * Throws unless the CEL library evaluates strictly after hardening; see `strict-evaluation.ts`. Proved once a process:
 * the library cannot change within one.
 */
export function proveStrictness(): void {
  if (isProved) {
    return;
  }
  const family: FactsFamily = {
    name: 'canary',
    dimensions: {},
    attributes: { words: { type: 'list<string>', description: '' }, odd: { type: 'dyn', description: '' } },
  };
  const compile = createExpressionCompiler(family);
  const canary = { words: ['b', 'a'], odd: {} };
  const tries = [
    'canary.odd.x || true',
    '!(canary.odd.x && false)',
    '["b", "a"].exists(w, w == "a" || canary.odd.x)',
    '!["b", "a"].all(w, w == "b" ? canary.odd.x : false)',
  ];
  for (const source of tries) {
    const compiled = compile(source);
    const result = compiled.ok ? compiled.evaluate({ canary } as unknown as ExpressionVariables) : true;
    if (typeof result === 'boolean') {
      throw new Error(`the expression library absorbs errors: ${source}`);
    }
  }
  isProved = true;
}
