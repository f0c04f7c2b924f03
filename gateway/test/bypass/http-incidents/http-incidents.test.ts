/** Incidents of agents with HTTP tools, replayed as policy test cases: what the policy tools say of them. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';

async function policyTool(...args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const sink = { write: (text: string) => (out += text) };
  const code = await runCli(['policy', ...args], { stdout: sink, stderr: sink });
  return { code, out };
}

describe('incidents of agents with HTTP tools', () => {
  it('P3: found tokens, large refunds, exfiltration by address and metadata services end as the cases say', async () => {
    const { code, out } = await policyTool('test', `${import.meta.dirname}/policy`);
    expect(out).not.toContain('FAILED');
    expect(code).toBe(0);
  });

  it('P8: a path pattern that cannot be read is refused with its place, and words of methods are checked', async () => {
    const { code, out } = await policyTool('check', `${import.meta.dirname}/broken`);
    expect(code).toBe(1);
    expect(out).toContain('policy.yaml:7');
    expect(out).toContain('cannot read the path pattern `v1/*`; write `/v1/customers/*`');
    expect(out).toContain('FETCH');
  });

  it('explains one request by what is asked', async () => {
    const ask = ['--resource', 'web', '--protocol', 'http', '--ask', 'http=GET /handbook/a'];
    const { out } = await policyTool('explain', `${import.meta.dirname}/policy`, ...ask);
    expect(out).toContain('GET /handbook/');
    expect(out).toContain('deny');
  });
});
