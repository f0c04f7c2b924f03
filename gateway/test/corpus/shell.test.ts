/**
 * Disguises: each file below `shell/` is a text that would run `rm`, or something that nobody can see, then a line of
 * dashes, then what becomes of it. The policy allows everything that can be seen, but for `rm`: so each is denied
 * because it was seen, or because it cannot be.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/policy/compile.ts';
import { shellFamily } from '../../src/shell/facts-family.ts';
import { shellFactsFromCase } from '../../src/shell/facts-from-case.ts';
import { SEPARATOR } from '../golden/sql-golden.ts';

const ROOT = join(import.meta.dirname, 'shell');
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const POLICY = `
apiVersion: sallyport.dev/v1
rules:
  - { id: everything, effect: allow, on: shell, match: { kinds: [RUN], commands: ["*"] } }
  - { id: every-user, effect: allow, on: shell, match: { kinds: [RUN], commands: ["*"], users: ["*"] } }
  - { id: files, effect: allow, on: shell, match: { kinds: [READ], reads: ["/**"] } }
  - { id: more-files, effect: allow, on: shell, match: { kinds: [WRITE], writes: ["/**"] } }
  - { id: variables, effect: allow, on: shell, match: { kinds: [SET], variables: ["*"] } }
  - { id: removes, effect: deny, on: shell, match: { commands: [rm] } }
`;

const compiled = compilePolicy([{ path: 'policy.yaml', text: POLICY }], {
  families: [shellFamily],
  presets: [],
  detectors: [],
  version: { hash: 'corpus' },
  nowMs: 0,
});

function verdictOf(text: string): string {
  if (!compiled.ok) throw new Error('the policy of the corpus is broken');
  const decision = compiled.engine.decide({
    principal: {
      issuer: 'https://idp.test',
      subject: 'agent',
      groups: [],
      delegation: [],
      tokenDigest: '0'.repeat(32),
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    },
    resource: { name: 'host', protocol: 'ssh', labels: {}, mode: 'enforce' },
    account: 'agent',
    facts: shellFactsFromCase({ text, home: '/home/agent' }),
    context: { nowMs: 0, sessionId: 'corpus', sourceAddress: '127.0.0.1', hints: {} },
  });
  return decision.effect === 'permit' ? 'permitted' : `${decision.cause}: ${decision.subject}`;
}

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.case'))
  .sort();

describe('disguises of commands', () => {
  it('finds the cases', () => {
    expect(files.length).toBeGreaterThan(350);
  });

  it('sees what is not disguised, and lets what is seen pass', () => {
    expect(verdictOf('ls -l && cat /etc/hosts > /tmp/x')).toBe('permitted');
    expect(verdictOf('A=b ls "$x" | wc -l')).toBe('permitted');
    expect(verdictOf('sudo systemctl restart nginx')).toBe('permitted');
    expect(verdictOf('rm x')).toBe('rule: rm x');
  });

  it.each(files)('P3: %s', (name) => {
    const path = join(ROOT, name);
    const [text = '', expected = ''] = readFileSync(path, 'utf8').split(`\n${SEPARATOR}\n`);
    const verdict = verdictOf(text);
    expect(verdict).not.toBe('permitted');
    if (UPDATE) writeFileSync(path, `${text}\n${SEPARATOR}\n${verdict}\n`);
    else expect(verdict).toBe(expected.trimEnd());
  });
});
