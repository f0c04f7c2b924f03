import type { AccessRequest } from '../../model/access-request.ts';
import type { Atom, FactsFamily, StatementFacts } from '../../model/facts.ts';
import type { Principal } from '../../model/principal.ts';
import { type CompiledPolicy, type CompileOptions, compilePolicy } from '../compile.ts';
import { connectFamily } from '../connect-family.ts';
import { formatDiagnostic } from '../errors.ts';

/** A small family for the policy tests: operations on tables and paths. */
export const storeFamily: FactsFamily = {
  name: 'store',
  dimensions: {
    kinds: {
      match: { by: 'keyword', vocabulary: ['READ', 'WRITE', 'DROP', 'ADMIN'] },
      description: 'Operations.',
    },
    classes: {
      match: { by: 'keyword', vocabulary: ['read', 'write', 'ddl'] },
      description: 'Classes of operations.',
    },
    tables: { match: { by: 'qualified-name' }, description: 'Tables.' },
    paths: { match: { by: 'glob' }, description: 'Paths.' },
    routes: { match: { by: 'path' }, description: 'Routes.' },
    calls: { match: { by: 'glob' }, needed: true, description: 'Calls.' },
    streams: {
      match: { by: 'keyword', vocabulary: ['open', 'send'] },
      explicit: true,
      description: 'Streams.',
    },
  },
  attributes: {
    bounded: { type: 'bool', description: 'Whether a key bounds it.' },
    size: { type: 'int', description: 'Size.' },
    ratio: { type: 'double', description: 'Ratio.' },
    words: { type: 'list<string>', description: 'Words.' },
    text: { type: 'string', description: 'Text.' },
    body: { type: 'dyn', description: 'Anything.' },
  },
};

/** The families of the policy tests. */
export const testFamilies: readonly FactsFamily[] = [connectFamily, storeFamily];

/** Makes an atom of the store family. */
export function atom(
  kind: string,
  table?: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): Atom {
  const values = { kinds: [kind], ...(table === undefined ? {} : { tables: [table] }), ...more };
  return { label: table === undefined ? kind : `${kind} on ${table}`, values };
}

/** Makes a statement of the store family. */
export function statement(
  atoms: readonly Atom[],
  more: Partial<Pick<StatementFacts, 'attributes' | 'opaque' | 'fields'>> = {},
): StatementFacts {
  return { summary: atoms.map(({ label }) => label).join('; '), atoms, attributes: {}, opaque: [], ...more };
}

/** What a test may vary in a request. */
export interface RequestParts {
  readonly principal?: Partial<Principal>;
  readonly resource?: Partial<AccessRequest['resource']>;
  readonly account?: string;
  readonly nowMs?: number;
  readonly statements?: readonly StatementFacts[];
}

/** Makes a request of the store family on `pg-prod` by an agent of the group `data-agents`. */
export function requestOf(statements: readonly StatementFacts[], parts: RequestParts = {}): AccessRequest {
  return {
    principal: {
      issuer: 'https://idp.example',
      subject: 'alice',
      groups: ['data-agents'],
      agent: 'copilot',
      delegation: [],
      tokenDigest: '00',
      expiresAtMs: 0,
      ...parts.principal,
    },
    resource: {
      name: 'pg-prod',
      protocol: 'store',
      labels: { env: 'prod' },
      mode: 'enforce',
      ...parts.resource,
    },
    account: parts.account ?? 'app',
    facts: { family: 'store', action: 'query', statements },
    context: { nowMs: parts.nowMs ?? 0, sessionId: 's1', sourceAddress: '10.0.0.9', hints: {} },
  };
}

/** Compiles one policy text that must be accepted. */
export function compileText(text: string, options: Partial<CompileOptions> = {}): CompiledPolicy {
  const compiled = compilePolicy([{ path: 'policy.yaml', text }], {
    families: testFamilies,
    presets: [],
    version: { hash: 'test' },
    ...options,
  });
  if (!compiled.ok) {
    throw new Error(compiled.errors.map(formatDiagnostic).join('\n'));
  }
  return compiled;
}
