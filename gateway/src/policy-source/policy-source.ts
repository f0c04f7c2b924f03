import type { PolicyVersion } from '../model/decision.ts';
import { type CompiledPolicy, type CompileOptions, compilePolicy } from '../policy/compile.ts';
import { formatDiagnostic } from '../policy/errors.ts';
import { PolicySourceError } from './errors.ts';
import { loadPolicyFolder } from './policy-folder.ts';
import { watchFolder } from './watch-folder.ts';

/** What {@link PolicySource} needs to know. */
export interface PolicySourceOptions {
  readonly path: string;
  /** Everything but the version, which the folder gives. */
  readonly compile: Omit<CompileOptions, 'version'>;
  /** A policy took effect that differs from the one before. */
  onLoaded?(policy: CompiledPolicy): void;
  /** A policy was refused and the last good one kept. */
  onRejected?(errors: readonly string[], kept: PolicyVersion): void;
}

/** What came of a reload. */
export type ReloadResult =
  | { readonly outcome: 'loaded'; readonly policy: CompiledPolicy }
  | { readonly outcome: 'unchanged'; readonly policy: CompiledPolicy }
  | { readonly outcome: 'rejected'; readonly errors: readonly string[]; readonly policy: CompiledPolicy };

/**
 * The policy in effect and how it changes. A reload swaps the whole policy in one step, or, when anything is wrong with
 * the new one, keeps the last good one (P8). Reloads never overlap: one that is asked for during another follows it.
 */
export class PolicySource {
  readonly #options: PolicySourceOptions;
  #current: CompiledPolicy;
  #running: Promise<ReloadResult>;
  #queued: Promise<ReloadResult> | undefined;
  #reported = '';

  private constructor(options: PolicySourceOptions, first: CompiledPolicy) {
    this.#options = options;
    this.#current = first;
    this.#running = Promise.resolve({ outcome: 'unchanged', policy: first });
  }

  /** Loads the folder for the first time. Rejects with {@link PolicySourceError} when there is nothing good to begin with. */
  static async open(options: PolicySourceOptions): Promise<PolicySource> {
    const loaded = await load(options);
    if ('errors' in loaded) {
      throw new PolicySourceError('ERR_POLICY_SOURCE_REJECTED', loaded.errors.join('\n'));
    }
    options.onLoaded?.(loaded.policy);
    return new PolicySource(options, loaded.policy);
  }

  /** The policy in effect. Ask again for each decision. */
  get current(): CompiledPolicy {
    return this.#current;
  }

  /** Reads the folder again and swaps the policy if it changed and is good. Never rejects. */
  reload(): Promise<ReloadResult> {
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      this.#running = this.#reloadNow();
      return this.#running;
    });
    return this.#queued;
  }

  /** Reloads whenever something in the folder changes, until the signal aborts. */
  watch(signal: AbortSignal): void {
    watchFolder(this.#options.path, signal, () => this.reload());
  }

  async #reloadNow(): Promise<ReloadResult> {
    const loaded = await load(this.#options, this.#current);
    if ('errors' in loaded) {
      return this.#reject(loaded.errors);
    }
    this.#reported = '';
    if (loaded.policy === this.#current) {
      return { outcome: 'unchanged', policy: this.#current };
    }
    this.#current = loaded.policy;
    this.#options.onLoaded?.(loaded.policy);
    return { outcome: 'loaded', policy: loaded.policy };
  }

  /** The same errors are told once, however often the watcher meets them. */
  #reject(errors: readonly string[]): ReloadResult {
    const report = errors.join('\n');
    if (report !== this.#reported) {
      this.#reported = report;
      this.#options.onRejected?.(errors, this.#current.version);
    }
    return { outcome: 'rejected', errors, policy: this.#current };
  }
}

type Loaded = { readonly policy: CompiledPolicy } | { readonly errors: readonly string[] };

/** Reads and compiles the folder; gives back `current` itself when nothing changed. Never rejects. */
async function load({ path, compile }: PolicySourceOptions, current?: CompiledPolicy): Promise<Loaded> {
  try {
    const { files, version } = await loadPolicyFolder(path);
    if (current?.version.hash === version.hash && current.version.commit === version.commit) {
      return { policy: current };
    }
    const compiled = compilePolicy(files, { ...compile, version });
    return compiled.ok ? { policy: compiled } : { errors: compiled.errors.map(formatDiagnostic) };
  } catch (error) {
    return { errors: [error instanceof Error ? error.message : String(error)] };
  }
}
