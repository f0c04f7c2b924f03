import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts';
import type { PolicyDiagnostic, PolicyErrors } from '../policy/errors.ts';
import type { FamilyBinding } from '../policy/family-binding.ts';
import type { GroupsKnowledge } from '../policy/groups-knowledge.ts';
import { loadPolicyFolder, type PolicyFolder } from '../policy-source/policy-folder.ts';
import { type PolicySettings, readPolicySettings } from './policy-settings.ts';

/** Options that all policy commands share. */
export interface PolicyOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** A policy folder, read and compiled for a command. */
export interface PolicyInput {
  readonly path: string;
  readonly folder: PolicyFolder;
  readonly bindings: readonly FamilyBinding[];
  readonly settings: PolicySettings;
  readonly compiled: CompiledPolicy | PolicyErrors;
  readonly nowMs: number;
}

const DEFAULT_FOLDER = 'policy';

/** Reads and compiles the folder that a command names, or that the config file names. */
export async function readPolicyInput(
  folder: string | undefined,
  options: PolicyOptions,
  bindings: readonly FamilyBinding[],
): Promise<PolicyInput> {
  const settings = await readPolicySettings(options.config);
  const path = folder ?? settings.folder ?? DEFAULT_FOLDER;
  const nowMs = Date.now();
  const loaded = await loadPolicyFolder(path);
  const groups: GroupsKnowledge | undefined = settings.groups;
  const compiled = compilePolicy(loaded.files, {
    families: bindings.map(({ family }) => family),
    presets: bindings.flatMap(({ presets }) => presets),
    version: loaded.version,
    nowMs,
    detectors: settings.detectors,
    ...(groups === undefined ? {} : { groups }),
  });
  return { path, folder: loaded, bindings, settings, compiled, nowMs };
}

/** The JSON form of diagnostics, without the frame. */
export function diagnosticsAsJson(diagnostics: readonly PolicyDiagnostic[]): readonly object[] {
  return diagnostics.map(({ code, severity, message, path, line, column }) => ({
    code,
    severity,
    message,
    path,
    line,
    column,
  }));
}
