import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../telemetry/log.ts';
import { type HttpResourceConfig, httpResourceSchema } from './config.ts';
import { ResourceFacts } from './resource-facts.ts';

let folder: string;
const lines: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sallyport-facts-'));
  lines.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function configOf(url: string, more: object = {}): HttpResourceConfig {
  const config = httpResourceSchema.parse({ url, credential: { none: true }, ...more });
  if ('destinations' in config) throw new Error('no service');
  return config;
}

const facts = (): ResourceFacts =>
  new ResourceFacts(
    createLog(
      'debug',
      (line) => lines.push(line),
      () => 0,
    ),
  );

describe('how the requests of a resource are read', () => {
  it('P10: is worked out once, also for a resource with many places', async () => {
    const known = facts();
    const first = await known.of(configOf('https://a.example', { graphql: ['/graphql'] }));
    expect(await known.of(configOf('https://b.example', { graphql: ['/graphql'] }))).toBe(first);
    expect(await known.of(configOf('https://b.example'))).not.toBe(first);
    expect(
      await known.of(configOf('https://b.example', { graphql: ['/graphql'], encodedSlash: 'keep' })),
    ).not.toBe(first);
  });

  it('P3: is not known while the API description cannot be used, and looked at anew then', async () => {
    const known = facts();
    const openapi = path.join(folder, 'api.yaml');
    const config = configOf('https://a.example', { openapi });
    await expect(known.of(config)).rejects.toMatchObject({ code: 'ERR_HTTP_CONFIGURATION', status: 503 });
    expect(lines.join()).toContain('api description cannot be used');
    writeFileSync(openapi, 'openapi: 3.1.0\ninfo: { title: t, version: "1" }\npaths: {}\n');
    expect((await known.of(config)).description).toBeDefined();
  });
});
