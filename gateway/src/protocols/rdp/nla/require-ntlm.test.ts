import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { requireNtlm } from './require-ntlm.ts';

/** FIPS mode is for a whole process, and for good: another one than that of the tests. */
const PROGRAM = `
  import { setFips } from 'node:crypto';
  const { requireNtlm } = await import(process.argv[1]);
  setFips(true);
  try { requireNtlm(); } catch (error) { console.log(error.code, error.source, error.message); }
`;

describe('NTLM of this process', () => {
  it('is possible here', () => {
    expect(requireNtlm).not.toThrow();
  });

  it('P3: is refused in FIPS mode, with what to do', async () => {
    const url = new URL('./require-ntlm.ts', import.meta.url).href;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      PROGRAM,
      url,
    ]);
    expect(stdout).toMatch(
      /^ERR_RDP_NLA_FIPS config NLA of RDP is impossible in FIPS mode: .* without FIPS mode/,
    );
  });
});
