/** The committed JSON Schema of policy files is what the code says; `UPDATE_GOLDEN=1` writes it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';

const FILE = join(import.meta.dirname, '../../../policy.schema.json');

async function printSchema(): Promise<string> {
  let out = '';
  const discard = { write: () => undefined };
  expect(
    await runCli(['policy', 'schema'], { stdout: { write: (text) => (out += text) }, stderr: discard }),
  ).toBe(0);
  return out;
}

describe('gateway/policy.schema.json', () => {
  it('is in sync with the schema and the families', async () => {
    const schema = await printSchema();
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(FILE, schema);
    }
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(schema));
  });

  it('knows the dimensions of each family, with their words', async () => {
    const text = await printSchema();
    expect(text).toContain('"databases"');
    expect(text).toContain('"TRUNCATE"');
    expect(text).toContain('"additionalProperties": false');
  });
});
