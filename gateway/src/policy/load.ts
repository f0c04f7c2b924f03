import type { FactsFamily } from '../model/facts.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PolicyPreset } from './preset.ts';
import { salvageDocument } from './salvage.ts';
import { createPolicySchema, POLICY_API_VERSION } from './schema.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';
import { type PolicyFile, SourceFile } from './source-file.ts';

/** A file that the schema has accepted, or what could be saved of one that it refused. */
export interface LoadedFile {
  readonly file: SourceFile;
  readonly document: PolicyDocument;
}

/** Parses and validates policy files, in the order of their names; what is wrong is added to `problems`. */
export function loadPolicyFiles(
  files: readonly PolicyFile[],
  families: readonly FactsFamily[],
  problems: PolicyDiagnostic[],
): LoadedFile[] {
  const schema = createPolicySchema(families);
  const ordered = files.toSorted((left, right) =>
    left.path < right.path ? -1 : left.path > right.path ? 1 : 0,
  );
  return ordered.flatMap((file) => validate(new SourceFile(file), { schema, families, problems }) ?? []);
}

/** Parses and validates the rules of a preset, given as a policy file or as a bare list of rules. */
export function loadPreset(
  preset: PolicyPreset,
  families: readonly FactsFamily[],
  problems: PolicyDiagnostic[],
): LoadedFile | undefined {
  const path = `preset:${preset.name}`;
  const isBareList = Array.isArray(new SourceFile({ path, text: preset.yaml }).value);
  const hasVersion = /^apiVersion:/m.test(preset.yaml);
  const header = hasVersion ? '' : `apiVersion: ${POLICY_API_VERSION}\n`;
  const text = isBareList ? `${header}rules:\n${preset.yaml.replace(/^/gm, '  ')}` : header + preset.yaml;
  return validate(new SourceFile({ path, text }), {
    schema: createPolicySchema(families),
    families,
    problems,
  });
}

interface Validation {
  readonly schema: ReturnType<typeof createPolicySchema>;
  readonly families: readonly FactsFamily[];
  readonly problems: PolicyDiagnostic[];
}

function validate(file: SourceFile, { schema, families, problems }: Validation): LoadedFile | undefined {
  if (file.errors.length > 0) {
    problems.push(...file.errors);
    return undefined;
  }
  const result = schema.safeParse(file.value);
  if (result.success) {
    return { file, document: result.data as unknown as PolicyDocument };
  }
  const names = families.map((family) => family.name);
  problems.push(...schemaDiagnostics(file, result.error.issues, names));
  return { file, document: salvageDocument(file.value, result.error.issues) };
}
