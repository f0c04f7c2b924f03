import { formatDiagnostic } from '../../policy/errors.ts';
import type { CliContext } from '../command.ts';
import { diagnosticsAsJson, type PolicyInput, type PolicyOptions } from '../policy-input.ts';

/** Prints errors and warnings of a policy; exit code 1 if there are errors, or warnings with `--strict`. */
export function checkPolicy(
  { compiled, folder, path }: PolicyInput,
  options: PolicyOptions & { readonly strict?: boolean },
  { io, setExitCode }: CliContext,
): void {
  const errors = compiled.ok ? [] : compiled.errors;
  const warnings = compiled.ok ? compiled.warnings : [];
  setExitCode(errors.length > 0 || (options.strict === true && warnings.length > 0) ? 1 : 0);
  if (options.json === true) {
    const summary = {
      ok: compiled.ok,
      rules: compiled.ok ? compiled.ruleCount : null,
      presets: compiled.ok ? compiled.presets : [],
      version: folder.version,
      errors: diagnosticsAsJson(errors),
      warnings: diagnosticsAsJson(warnings),
    };
    io.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  for (const diagnostic of [...errors, ...warnings]) {
    io.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  }
  const files = `${folder.files.length} file${folder.files.length === 1 ? '' : 's'} in ${path}`;
  const findings = `${errors.length} error${errors.length === 1 ? '' : 's'}, ${warnings.length} warning${warnings.length === 1 ? '' : 's'}`;
  const rules = compiled.ok ? `${compiled.ruleCount} rules, ` : '';
  io.stdout.write(
    `${compiled.ok ? 'ok' : 'FAIL'}: ${files}, ${rules}${findings}, hash ${folder.version.hash.slice(0, 12)}\n`,
  );
}
