import type { AccessRequest } from '../../src/model/access-request.ts';
import type { Decision, PolicyEngine } from '../../src/model/decision.ts';
import type { Facts } from '../../src/model/facts.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { formatDiagnostic } from '../../src/policy/errors.ts';
import { httpFamily } from '../../src/protocols/http/facts/facts-family.ts';
import { httpFactsFromCase } from '../../src/protocols/http/facts/facts-from-case.ts';

const engines = new Map<string, PolicyEngine>();

function engineOf(rules: string): PolicyEngine {
  const known = engines.get(rules);
  if (known !== undefined) return known;
  const compiled = compilePolicy(
    [{ path: 'p.yaml', text: `apiVersion: sallyport.dev/v1\nrules:\n${rules}` }],
    {
      families: [httpFamily],
      presets: [],
      version: { hash: 'test' },
    },
  );
  if (!compiled.ok) throw new Error(compiled.errors.map(formatDiagnostic).join('\n'));
  engines.set(rules, compiled.engine);
  return compiled.engine;
}

/** Decides over facts by rules, written as a list in YAML. */
export function decide(rules: string, facts: Facts): Decision {
  const request: AccessRequest = {
    principal: {
      issuer: 'https://idp.example',
      subject: 'alice',
      groups: [],
      delegation: [],
      tokenDigest: '00',
      expiresAtMs: 0,
    },
    resource: { name: 'api', protocol: 'http', labels: {}, mode: 'enforce' },
    account: 'app',
    facts,
    context: { nowMs: 0, sessionId: 's', sourceAddress: '10.0.0.9', hints: {} },
  };
  return engineOf(rules).decide(request);
}

/** `permit`, or the cause of the denial, of a request in the form of a policy test case. */
export function verdict(rules: string, body: unknown): string {
  const decision = decide(rules, httpFactsFromCase(body));
  return decision.effect === 'permit' ? 'permit' : decision.cause;
}
