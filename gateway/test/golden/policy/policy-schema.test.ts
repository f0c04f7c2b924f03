/** What `sallyport policy schema` prints. That the committed file is the same is for `npm run check schemas`. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';

async function printSchema(): Promise<string> {
  let out = '';
  const discard = { write: () => undefined };
  expect(
    await runCli(['policy', 'schema'], { stdout: { write: (text) => (out += text) }, stderr: discard }),
  ).toBe(0);
  return out;
}

describe('the JSON Schema of policy files', () => {
  it('knows the dimensions of each family, with their words', async () => {
    const text = await printSchema();
    expect(text).toContain('"databases"');
    expect(text).toContain('"TRUNCATE"');
    expect(text).toContain('"additionalProperties": false');
  });
});
