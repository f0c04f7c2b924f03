import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runCli } from '../../../gateway/src/cli/cli.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

async function sallyport(...words: readonly string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const stream = { write: (text: string) => (output += text) };
  const code = await runCli(words, { stdout: stream, stderr: stream });
  return { code, output };
}

it('is a policy without errors and without warnings', async () => {
  const { code, output } = await sallyport('policy', 'check', FOLDER);
  expect(output).toContain('0 errors, 0 warnings');
  expect(code).toBe(0);
});

it('means what its cases say', async () => {
  const { code, output } = await sallyport('policy', 'test', FOLDER);
  expect(output).toMatch(/[1-9]\d passed, 0 failed/u);
  expect(code).toBe(0);
});
