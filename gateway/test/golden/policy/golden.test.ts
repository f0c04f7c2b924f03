/**
 * Golden cases of the policy language: each `*.case` file is input and expected output in one, parted by lines of
 * dashes. `errors/`: a policy, then the diagnostics it gives. `decisions/`: a policy, a test file, then the explanation of
 * each of its cases. Adding a case is adding a file; `UPDATE_GOLDEN=1` writes what comes out.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCaseFile } from '../../../src/policy/case-file.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/policy/compile.ts';
import { formatDiagnostic, type PolicyDiagnostic, type PolicyErrors } from '../../../src/policy/errors.ts';
import { formatExplanation } from '../../../src/policy/format-explanation.ts';
import { runCases } from '../../../src/policy/run-cases.ts';
import { connectBinding, storeBinding } from '../../../src/policy/testing/store-binding.ts';
import { testFamilies } from '../../../src/policy/testing/store-family.ts';

const FOLDER = import.meta.dirname;
const DIVIDER = '----------\n';
const NOW = Date.parse('2026-07-01T12:00:00Z');

function compile(text: string): CompiledPolicy | PolicyErrors {
  const file = { path: 'policy.yaml', text };
  return compilePolicy([file], {
    families: testFamilies,
    presets: [],
    detectors: ['card', 'email', 'iban'],
    version: { hash: 'golden' },
    nowMs: NOW,
  });
}

function diagnosticsOf(policy: string): string {
  const compiled = compile(policy);
  return (compiled.ok ? compiled.warnings : compiled.errors).map(formatDiagnostic).join('\n');
}

function explanationsOf(policy: string, tests: string): string {
  const compiled = compile(policy);
  const problems: PolicyDiagnostic[] = [];
  const cases = parseCaseFile({ path: 'policy.test.yaml', text: tests }, ['connect', 'store'], problems);
  if (!compiled.ok || cases === undefined) {
    return [...(compiled.ok ? [] : compiled.errors), ...problems].map(formatDiagnostic).join('\n');
  }
  const environment = { bindings: [connectBinding, storeBinding], resources: [], nowMs: NOW };
  return runCases(compiled, [cases], environment)
    .map(({ name, ok, failures, explanations }) =>
      [`${ok ? 'ok' : 'FAIL'} ${name}`, ...failures, ...explanations.map(formatExplanation)].join('\n'),
    )
    .join('\n');
}

function check(path: string, actual: (sections: readonly string[]) => string): void {
  const sections = readFileSync(path, 'utf8').split(DIVIDER);
  const expected = sections.pop() ?? '';
  const output = actual(sections);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(path, [...sections, output].join(DIVIDER));
    return;
  }
  expect(output).toBe(expected);
}

function casesIn(folder: string): readonly string[] {
  return readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith('.case'));
}

describe('golden policy errors', () => {
  it.each(casesIn('errors'))('%s', (name) => {
    check(join(FOLDER, 'errors', name), ([policy = '']) => diagnosticsOf(policy));
  });
});

describe('golden policy decisions', () => {
  it.each(casesIn('decisions'))('%s', (name) => {
    check(join(FOLDER, 'decisions', name), ([policy = '', tests = '']) => explanationsOf(policy, tests));
  });
});
