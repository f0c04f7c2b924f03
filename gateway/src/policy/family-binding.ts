import type { Facts, FactsFamily } from '../model/facts.ts';
import type { PolicyPreset } from './preset.ts';

/**
 * What a family brings for the policy tools: its declaration, the presets of its protocols, and how the body of a test
 * case (the value under the family's name, such as the text under `sql:`) becomes Facts.
 */
export interface FamilyBinding {
  readonly family: FactsFamily;
  readonly presets: readonly PolicyPreset[];
  /** Protocol of a resource that a case names without saying its protocol. */
  readonly protocol: string;
  /** One Facts for each message the body stands for. Throws an Error with a readable message when it makes no sense. */
  factsFromCase(body: unknown): readonly Facts[];
}
