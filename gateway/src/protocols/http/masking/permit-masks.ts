/** The masks of permits, compiled once for each list of obligations. */
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { MaskObligation, Obligation } from '../../../model/obligation.ts';
import type { FieldMasks } from './field-masks.ts';
import { compileFieldMasks } from './response-mask.ts';

/** One step of a list; obligations live as long as their policy, and with them what was compiled. */
interface Step {
  readonly next: WeakMap<MaskObligation, Step>;
  masks?: FieldMasks;
}

const compiled = new WeakMap<MaskTools, Step>();

/** The masks among obligations; undefined where there are none. @throws MaskingError for what the policy refuses at load */
export function permitMasks(obligations: readonly Obligation[], tools: MaskTools): FieldMasks | undefined {
  const asked = obligations.filter((one): one is MaskObligation => one.kind === 'mask');
  if (asked.length === 0) return undefined;
  let step = compiled.get(tools) ?? newStep();
  compiled.set(tools, step);
  for (const obligation of asked) {
    const next = step.next.get(obligation) ?? newStep();
    step.next.set(obligation, next);
    step = next;
  }
  step.masks ??= compileFieldMasks(asked, tools);
  return step.masks;
}

function newStep(): Step {
  return { next: new WeakMap() };
}
