/** Incidents of agents with a shell, replayed as policy test cases: what the policy tools say of them. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';

async function policyTool(...args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const sink = { write: (text: string) => (out += text) };
  const code = await runCli(['policy', ...args], { stdout: sink, stderr: sink });
  return { code, out };
}

describe('incidents of agents with a shell', () => {
  it('P3: destroyed infrastructure, renamed programs, interpreters, keys and rights end as the cases say', async () => {
    const { code, out } = await policyTool('test', `${import.meta.dirname}/policy`);
    expect(out).not.toContain('FAIL');
    expect(out).toContain('43 passed');
    expect(code).toBe(0);
  });

  it('P8: patterns for commands and files that cannot be read are refused with their place', async () => {
    const { code, out } = await policyTool('check', `${import.meta.dirname}/broken`);
    expect(code).toBe(1);
    expect(out).toContain('policy.yaml:7');
    expect(out).toContain("cannot read the command pattern `echo 'x`; write `systemctl status *`");
    expect(out).toContain('cannot read the file pattern `var/log/**`');
    expect(out).toContain('did you mean `RUN`?');
  });

  it('warns of a rule that allows whatever cannot be seen', async () => {
    const { code, out } = await policyTool('check', '--strict', `${import.meta.dirname}/broad`);
    expect(code).toBe(1);
    expect(out).toContain('`*` in `opaque` allows whatever there may be; name what is meant');
  });

  it('P9: explains which command of a text is refused, and what is allowed instead', async () => {
    const ask = [
      '--as-group',
      'agents',
      '--resource',
      'bastion',
      '--protocol',
      'ssh',
      '--ask',
      'shell=uptime; sudo make',
    ];
    const { out } = await policyTool('explain', `${import.meta.dirname}/policy`, ...ask);
    expect(out).toContain(
      'deny (default): make as root, by sudo, which runs what cannot be seen (build:make)',
    );
    expect(out).toContain('allowed instead: RUN on systemctl status *');
  });
});
