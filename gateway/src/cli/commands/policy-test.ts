import { type CaseFile, parseCaseFile } from '../../policy/case-file.ts';
import { formatDiagnostic, type PolicyDiagnostic } from '../../policy/errors.ts';
import { formatExplanation } from '../../policy/format-explanation.ts';
import { type CaseResult, runCases } from '../../policy/run-cases.ts';
import type { CliContext } from '../command.ts';
import { asFulfilled } from '../fulfilment.ts';
import { diagnosticsAsJson, type PolicyInput, type PolicyOptions } from '../policy-input.ts';

/** Runs all test cases and prints each with its outcome; exit code 1 if one fails or nothing could be run. */
export function testPolicy(
  input: PolicyInput,
  options: PolicyOptions,
  { io, setExitCode }: CliContext,
): void {
  const { compiled, folder, bindings, settings, nowMs } = input;
  const problems: PolicyDiagnostic[] = compiled.ok ? [] : [...compiled.errors];
  const families = bindings.map(({ family }) => family.name);
  const files = folder.testFiles.flatMap((file): CaseFile[] => {
    const parsed = parseCaseFile(file, families, problems);
    return parsed === undefined ? [] : [parsed];
  });
  const results = compiled.ok
    ? runCases(compiled, files, { bindings, resources: settings.resources, nowMs, oblige: asFulfilled })
    : [];
  const failed = results.filter(({ ok }) => !ok).length;
  const passed = results.length - failed;
  setExitCode(problems.length > 0 || failed > 0 || results.length === 0 ? 1 : 0);
  if (options.json === true) {
    const errors = diagnosticsAsJson(problems);
    io.stdout.write(`${JSON.stringify({ passed, failed, errors, cases: results.map(asJson) }, null, 2)}\n`);
    return;
  }
  problems.forEach((problem) => io.stderr.write(`${formatDiagnostic(problem)}\n`));
  results.forEach((result) => io.stdout.write(formatResult(result)));
  io.stdout.write(`${passed} passed, ${failed} failed\n`);
}

function asJson({ file, line, name, ok, failures, explanations }: CaseResult): object {
  return { file, line, name, ok, failures, decisions: explanations.map(({ decision }) => decision) };
}

function formatResult({ file, line, name, ok, failures, explanations }: CaseResult): string {
  if (ok) {
    return `ok    ${name}\n`;
  }
  const reasons = failures.map((failure) => `      ${failure}\n`).join('');
  const explained = explanations
    .map((explanation) => formatExplanation(explanation).replace(/^(?=.)/gm, '      '))
    .join('');
  return `FAIL  ${name}  (${file}:${line})\n${reasons}${explained}`;
}
