/** What stops `sallyport serve` from starting, and what it says then: nothing runs half. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_ALL } from '../../support/gateway.ts';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

let site: GatewaySite;
let config: string;

beforeAll(async () => {
  site = await prepareSite();
  config = readFileSync(site.configFile, 'utf8');
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

/** Starts the gateway with another config file and gives what it ended with. */
async function serveWith(
  text: string,
  name = 'broken.yaml',
): Promise<{ readonly code: number | undefined; readonly stderr: string }> {
  const file = path.join(site.folder, name);
  writeFileSync(file, text);
  const { code, stdout, stderr } = await site.run('serve', '-c', file);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/internal error|\n\s+at /);
  return { code, stderr };
}

function bombLine(name: string, at: number): string {
  const before = `*${'abcdefghijk'[at]}`;
  return `${name}: &${name} [${Array<string>(9).fill(before).join(', ')}]`;
}

const BROKEN_POLICIES: readonly (readonly [string, string, RegExp])[] = [
  ['is no YAML', `${ALLOW_ALL}  - { id: [\n`, /policy\.yaml:\d+:\d+/],
  [
    'has an unknown key',
    ALLOW_ALL.replace('effect: allow, on: sql', 'effect: allow, on: sql, whn: "true"'),
    /policy\.yaml:4:\d+.*whn/,
  ],
  [
    'has an expression that does not type-check',
    `${ALLOW_ALL}  - { id: odd, effect: deny, on: sql, when: "sql.nothing == 1" }\n`,
    /policy\.yaml:5:\d+/,
  ],
  ['is empty', '', /policy/],
];

describe('sallyport serve refuses to start', () => {
  it.each(BROKEN_POLICIES)('P3: where a policy file %s, and says where', async (_, text, says) => {
    writeFileSync(site.policyFile, text);
    try {
      const { code, stderr } = await serveWith(config);
      expect(stderr).toMatch(says);
      expect(code).toBe(2);
    } finally {
      writeFileSync(site.policyFile, ALLOW_ALL);
    }
  });

  it('P3: where the policy folder is missing or empty', async () => {
    for (const folder of [path.join(site.folder, 'nowhere'), site.dataDir]) {
      const changed = { ...(JSON.parse(config) as object), policy: { folder } };
      const { code, stderr } = await serveWith(JSON.stringify(changed));
      expect(stderr).toContain(folder);
      expect(code).toBe(2);
    }
  });

  it('where the config file is broken, and says file, line and column', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      [config.replace('"dataDir"', '"dataDri"'), /broken-\d\.yaml:\d+:\d+: .*dataDri/],
      [config.replace('"127.0.0.1:0"', '"127.0.0.1:99999"'), /broken-\d\.yaml:\d+:\d+: listeners\.0\.listen/],
      [`${config}\n]`, /broken-\d\.yaml:\d+:\d+/],
      ['', /broken-\d\.yaml:\d+:\d+/],
    ];
    await Promise.all(
      cases.map(async ([text, says], index) => {
        const { code, stderr } = await serveWith(text, `broken-${index}.yaml`);
        expect(stderr).toMatch(says);
        expect(code).toBe(2);
      }),
    );
  });

  it('P6: where a secret stands in the config itself, without showing it', async () => {
    const secret = 'hunter2-of-a-person';
    const plain = JSON.parse(config) as { readonly resources: readonly object[] };
    const broken = (keys: object): string =>
      JSON.stringify({ ...plain, resources: [{ ...plain.resources[0], ...keys }] }, null, 2);
    const cases = [
      broken({ accounts: [{ name: 'app', credential: secret }] }),
      broken({ accounts: [{ name: 'app', credential: { password: secret } }] }),
      broken({ accounts: [{ name: 'app', pasword: secret }] }),
      broken({ host: `postgres://app:${secret}@127.0.0.1/shop` }),
      `resources:\n  - name: shop\n    credential: *${secret}\n`,
      `resources:\n  - name: shop\n    credential: |${secret}\n`,
      `resources:\n  - name: shop\n    credential: "${secret}\n    port: 5432\n`,
    ];
    await Promise.all(
      cases.map(async (text, index) => {
        const { code, stderr } = await serveWith(text, `secret-${index}.yaml`);
        expect(stderr).toMatch(/secret-\d\.yaml:\d+:\d+: /);
        expect(stderr).not.toContain(secret);
        expect(code).toBe(2);
      }),
    );
  });

  it('P10: where its aliases multiply, or its lists nest without end', async () => {
    const bomb = ['a: &a [x, x]', ...'bcdefghijk'.split('').map((name, at) => bombLine(name, at))].join('\n');
    for (const text of [bomb, `a: ${'['.repeat(100_000)}`]) {
      const { code, stderr } = await serveWith(text);
      expect(stderr.length).toBeLessThan(20_000);
      expect(stderr).toContain('ERR_CONFIG_INVALID');
      expect(code).toBe(2);
    }
  });

  it('where its port is taken, and leaves the data folder free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const { code, stderr } = await serveWith(config.replace('127.0.0.1:0', `127.0.0.1:${port}`));
      expect(stderr).toMatch(new RegExp(`cannot listen on 127\\.0\\.0\\.1 port ${port}: .*EADDRINUSE`));
      expect(code).toBe(2);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await using gateway = await site.start();
    expect(gateway.port).toBeGreaterThan(0);
  });

  it('where another gateway holds the data folder, and names it; the first serves on', async () => {
    await using first = await site.start();
    const { code, stderr } = await serveWith(config);
    expect(stderr).toContain(`in use by another gateway (pid ${first.pid})`);
    expect(code).toBe(2);
    const client = await first.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    first.kill('SIGKILL');
    await first.ended();
    // The holder's note is still there, but a dead process holds nothing.
    expect(existsSync(path.join(site.dataDir, 'gateway.pid'))).toBe(true);
    await using second = await site.start();
    expect(second.pid).not.toBe(first.pid);
  });
});
