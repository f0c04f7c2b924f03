/**
 * `npm run check`: everything about the repository that needs no running server. Two steps run at a time; what
 * failed is printed, then a table. With `--fix` it repairs what can be repaired: format, lint, generated pages and schemas.
 */
import { parseArgs, styleText } from 'node:util';
import type { CheckStep, StepOutcome } from './check/check-step.ts';
import { checkSteps } from './check/steps.ts';

interface Finished extends StepOutcome {
  readonly step: CheckStep;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  options: { fix: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const chosen = checkSteps.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)),
);
if (chosen.length === 0) {
  console.error(`no such check; there are: ${checkSteps.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

const finished = await runAll(chosen, values.fix);
for (const { step, passed, output } of finished) {
  if (!passed) console.log(`\n${styleText('bold', `── ${step.name} ──`)}\n${output}`);
}
console.log(`\n${renderTable(finished)}`);
const failed = finished.filter(({ passed }) => !passed).length;
console.log(`\n${finished.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Steps that write must not run beside others; steps that only read run two at a time. */
async function runAll(steps: readonly CheckStep[], fix: boolean): Promise<readonly Finished[]> {
  const results = new Map<CheckStep, Finished>();
  const waiting = [...steps];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const startedMs = performance.now();
      const outcome = await step.run(fix);
      results.set(step, { ...outcome, step, seconds: (performance.now() - startedMs) / 1000 });
    }
  };
  await Promise.all(fix ? [worker()] : [worker(), worker()]);
  return steps.flatMap((step) => results.get(step) ?? []);
}

function renderTable(rows: readonly Finished[]): string {
  const width = Math.max(...rows.map(({ step }) => step.name.length));
  return rows
    .map(({ step, passed, seconds }) => {
      const verdict = passed ? styleText('green', 'passed') : styleText('red', 'FAILED');
      return `${verdict}  ${step.name.padEnd(width)}  ${seconds.toFixed(1).padStart(5)} s  ${step.claim}`;
    })
    .join('\n');
}
