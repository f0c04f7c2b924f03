import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from './source-files.ts';

/** A rule of .oxlintrc.json, a file, and a text in it that must break the rule. */
const canaries: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['no-floating-promises', 'gateway/src/audit/a.ts', 'const go = async (): Promise<void> => {};\ngo();'],
  ['no-misused-promises', 'gateway/src/audit/b.ts', '[1].forEach(async () => { await null; });'],
  [
    'switch-exhaustiveness-check',
    'gateway/src/audit/c.ts',
    `declare const x: 'a' | 'b';\nswitch (x) { case 'a': break; }`,
  ],
  ['only-throw-error', 'gateway/src/audit/d.ts', `throw 'text';`],
  ['no-explicit-any', 'gateway/src/audit/e.ts', 'export const x: any = 1;'],
  [
    'no-non-null-assertion',
    'gateway/src/audit/f.ts',
    'declare const y: string | null;\nexport const x = y!.length;',
  ],
  ['consistent-type-imports', 'gateway/src/audit/g.ts', `import { X } from './x.ts';\nexport type Y = X;`],
  ['no-default-export', 'gateway/src/audit/h.ts', 'const x = 1;\nexport default x;'],
  ['filename-case', 'gateway/src/audit/camelCase.ts', 'export {};'],
  ['max-lines', 'gateway/src/audit/i.ts', 'export {};\n'.repeat(401)],
  ['max-lines-per-function', 'gateway/src/audit/j.ts', `export function x() {\n${'x();\n'.repeat(60)}}`],
  ['no-console', 'gateway/src/audit/k.ts', `console.log('x');`],
  ['no-eval', 'gateway/src/audit/l.ts', `eval('x');`],
  ['no-restricted-globals', 'gateway/src/policy/a.ts', 'export const now = Date.now();'],
  ['no-restricted-globals', 'gateway/src/policy/b.ts', 'export const now = globalThis.Date.now();'],
  ['no-restricted-globals', 'gateway/src/protocols/mysql/wire/a.ts', 'setTimeout(() => undefined, 1);'],
  ['no-restricted-globals', 'gateway/src/sql/a.ts', 'export const x = process.env;'],
  ['no-restricted-globals', 'gateway/src/enforcement/a.ts', 'export const x = crypto.randomUUID();'],
  ['no-restricted-globals', 'gateway/src/listener/a.ts', `export const x = await fetch('http://x');`],
  ['no-restricted-properties', 'gateway/src/policy/c.ts', 'export const x = Math.random();'],
];

/** What the rules must leave alone. */
const allowed: readonly (readonly [file: string, text: string])[] = [
  ['gateway/src/identity/a.ts', `export const x = await fetch('http://x');`],
  ['gateway/src/cli/a.ts', `console.log('x');`],
  ['gateway/src/audit/now.ts', 'export const now = Date.now();'],
  ['gateway/src/policy/a.test.ts', 'export const now = Date.now();'],
];

describe('lint rules', () => {
  let folder: string;
  let findings: readonly { readonly code: string; readonly filename: string }[];

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sallyport-lint-'));
    for (const file of ['.oxlintrc.json', 'tsconfig.base.json']) {
      copyFileSync(path.join(repositoryRoot, file), path.join(folder, file));
    }
    symlinkSync(path.join(repositoryRoot, 'node_modules'), path.join(folder, 'node_modules'));
    write('gateway/tsconfig.json', '{ "extends": "../tsconfig.base.json", "include": ["src"] }');
    for (const [, file, text] of canaries) write(file, text);
    for (const [file, text] of allowed) write(file, text);
    const oxlint = path.join(repositoryRoot, 'node_modules', '.bin', 'oxlint');
    const { stdout } = spawnSync(oxlint, ['-f', 'json', 'gateway'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 50_000,
    });
    findings = JSON.parse(stdout).diagnostics;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text: string): void => {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  const codesIn = (file: string): readonly string[] =>
    findings.filter((finding) => finding.filename === file).map((finding) => finding.code);

  it.each(canaries)('find %s in %s', (rule, file) => {
    expect(codesIn(file).some((code) => code.includes(`(${rule})`))).toBe(true);
  });

  it.each(allowed)('leave %s alone', (file) => {
    expect(codesIn(file)).toEqual([]);
  });
});
