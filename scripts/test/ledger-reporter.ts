import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { LedgerEntry } from './ledger.ts';

/**
 * Writes the outcome of every test to a file as it happens, so that the count survives a runner that crashes or is
 * ended.
 */
export class LedgerReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state === 'pending') return;
    const note = result.state === 'skipped' ? (result.note ?? skipReason(test)) : undefined;
    this.#write({
      kind: 'test',
      name: `${test.module.relativeModuleId} > ${test.fullName}`,
      state: result.state,
      ...(note === undefined ? {} : { note }),
    });
  }

  onTestModuleEnd(module: TestModule): void {
    const { duration, setupDuration, collectDuration, prepareDuration } = module.diagnostic();
    const ms = duration + setupDuration + collectDuration + prepareDuration;
    this.#write({ kind: 'file', name: module.relativeModuleId, ms: Math.round(ms) });
    for (const error of module.errors()) {
      this.#write({ kind: 'problem', message: `${module.relativeModuleId}: ${error.message}` });
    }
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) {
        const message = `${module.relativeModuleId} > ${suite.fullName}: ${error.message}`;
        this.#write({ kind: 'problem', message });
      }
    }
  }

  onTestRunEnd(
    _modules: readonly TestModule[],
    errors: readonly { readonly message?: string; readonly name?: string }[],
  ): void {
    for (const error of errors) {
      this.#write({
        kind: 'problem',
        message: `outside of tests: ${error.message ?? error.name ?? 'error'}`,
      });
    }
  }

  #write(entry: LedgerEntry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}

function skipReason(test: TestCase): string | undefined {
  return test.options.mode === 'todo' ? 'to do' : undefined;
}
