import { z } from 'zod';
import type { FactsFamily } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import { createPolicySchema } from './schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a policy file for the given families, for completion in editors:
 * `# yaml-language-server: $schema=…/policy.schema.json` as the first line of the file.
 */
export function createPolicyJsonSchema(families: readonly FactsFamily[]): JsonObject {
  const schema = z.toJSONSchema(createPolicySchema(families), { reused: 'ref' }) as JsonObject;
  return { ...schema, title: 'Sallyport policy' };
}
