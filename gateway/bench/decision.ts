/**
 * Cost of one policy decision for 10, 100 and 1,000 rules: `node gateway/bench/decision.ts [--json]`.
 *
 * "spread" is a realistic folder: rules of many groups, resources and kinds, of which a few can match. "dense" puts all
 * rules on one group and resource, so that only kinds and tables tell them apart. "new session" pays for finding the
 * rules of a principal that was not seen before.
 */
import { fileURLToPath } from 'node:url';
import { Bench } from 'tinybench';
import type { AccessRequest } from '../src/model/access-request.ts';
import type { FactsFamily } from '../src/model/facts.ts';
import { compilePolicy } from '../src/policy/compile.ts';

/** One measured case; times are per decision, in microseconds. */
export interface DecisionResult {
  readonly name: string;
  readonly rules: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly meanUs: number;
}

const KINDS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'DROP', 'SHOW', 'SET', 'EXPLAIN'];
const BATCH = 50;

const family: FactsFamily = {
  name: 'bench',
  dimensions: {
    kinds: { match: { by: 'keyword', vocabulary: KINDS }, description: 'Kinds.' },
    tables: { match: { by: 'qualified-name' }, description: 'Tables.' },
  },
  attributes: { hasWhere: { type: 'bool', description: 'Has a WHERE.' } },
};

type Shape = 'spread' | 'dense';

function policyText(count: number, shape: Shape): string {
  const rules = Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length];
    const scope =
      shape === 'spread'
        ? { groups: [`team-${index % 20}`], resources: [`pg-${index % 5}`] }
        : { groups: ['team-0'], resources: ['pg-0'] };
    const effect = index % 5 === 4 ? 'deny' : 'allow';
    const tables = [effect === 'deny' ? `secret${index}.*` : `app${index}.*`];
    return { id: `r${index}`, effect, on: family.name, match: { ...scope, kinds: [kind], tables } };
  });
  const fixed = [
    {
      id: 'bounded',
      effect: 'deny',
      on: family.name,
      match: { kinds: ['UPDATE', 'DELETE'] },
      when: '!bench.hasWhere',
    },
    {
      id: 'read',
      effect: 'allow',
      on: family.name,
      match: { groups: ['team-0'], kinds: ['SELECT', 'UPDATE'], tables: ['app.*'] },
    },
  ];
  return JSON.stringify({ apiVersion: 'sallyport.dev/v1', rules: [...fixed, ...rules.slice(fixed.length)] });
}

function requestOf(kind: string, principal: AccessRequest['principal'] = newPrincipal()): AccessRequest {
  const atom = { label: `${kind} on app.orders`, values: { kinds: [kind], tables: ['app.orders'] } };
  const statement = { summary: atom.label, atoms: [atom], attributes: { hasWhere: true }, opaque: [] };
  return {
    principal,
    resource,
    account: 'app',
    facts: { family: family.name, action: 'query', statements: [statement] },
    context: { nowMs: 0, sessionId: 's', sourceAddress: '127.0.0.1', hints: {} },
  };
}

const resource: AccessRequest['resource'] = {
  name: 'pg-0',
  protocol: 'postgres',
  labels: { env: 'prod' },
  mode: 'enforce',
};

function newPrincipal(): AccessRequest['principal'] {
  return {
    issuer: 'https://idp.example',
    subject: 'agent',
    groups: ['team-0', 'team-1'],
    delegation: [],
    tokenDigest: '0',
    expiresAtMs: 0,
  };
}

/** Measures all cases. */
export async function benchDecision(): Promise<readonly DecisionResult[]> {
  const bench = new Bench({ time: 300, warmupTime: 150 });
  const sizes = new Map<string, number>();
  for (const shape of ['spread', 'dense'] as const) {
    for (const count of [10, 100, 1000]) {
      const text = policyText(count, shape);
      const families = [family];
      const policy = compilePolicy([{ path: 'bench.yaml', text }], {
        families,
        presets: [],
        version: { hash: '' },
      });
      if (!policy.ok) {
        throw new Error(policy.errors[0]?.message);
      }
      const { engine } = policy;
      const add = (name: string, decideOnce: () => unknown): void => {
        sizes.set(name, count);
        bench.add(name, () => {
          for (let index = 0; index < BATCH; index++) {
            decideOnce();
          }
        });
      };
      const read = requestOf('SELECT');
      const write = requestOf('UPDATE');
      // Facts of their own each time, or the engine would only remember what it said of them.
      add(`${shape} ${count} read`, () => engine.decide({ ...read, facts: { ...read.facts } }));
      add(`${shape} ${count} write with when`, () => engine.decide({ ...write, facts: { ...write.facts } }));
      add(`${shape} ${count} same facts`, () => engine.decide(read));
      add(`${shape} ${count} new session`, () => engine.decide(requestOf('SELECT', newPrincipal())));
    }
  }
  await bench.run();
  return bench.tasks.map(({ name, result }): DecisionResult => {
    if (!('latency' in result)) {
      throw new Error(`${name} could not be measured`);
    }
    const perDecision = (ms: number): number => Number(((ms * 1000) / BATCH).toFixed(3));
    return {
      name,
      rules: sizes.get(name) ?? 0,
      p50Us: perDecision(result.latency.p50),
      p99Us: perDecision(result.latency.p99),
      meanUs: perDecision(result.latency.mean),
    };
  });
}

/** Renders results as a table. */
export function formatDecisionResults(results: readonly DecisionResult[]): string {
  const row = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => (column === 0 ? String(cell).padEnd(34) : String(cell).padStart(10)))
      .join('');
  const rows = results.map(({ name, p50Us, p99Us, meanUs }) => row([name, p50Us, p99Us, meanUs]));
  return `${[row(['decision, µs', 'p50', 'p99', 'mean']), ...rows].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await benchDecision();
  process.stdout.write(
    process.argv.includes('--json')
      ? `${JSON.stringify(results, null, 2)}\n`
      : formatDecisionResults(results),
  );
}
