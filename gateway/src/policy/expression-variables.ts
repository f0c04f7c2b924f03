import type { AccessRequest } from '../model/access-request.ts';
import type { AttributeType, FactsFamily, StatementFacts } from '../model/facts.ts';
import type { JsonValue } from '../model/json.ts';

/** The variables of one evaluation of a `when:`, by name. */
export type ExpressionVariables = Readonly<Record<string, unknown>>;

/** Makes the variables that are the same for all statements of a request. */
export function requestVariables(request: AccessRequest): ExpressionVariables {
  const { principal, resource, account, context } = request;
  return {
    principal: {
      issuer: principal.issuer,
      subject: principal.subject,
      groups: principal.groups,
      delegation: principal.delegation.map((actor) => ({
        subject: actor.subject,
        ...(actor.issuer === undefined ? {} : { issuer: actor.issuer }),
      })),
      ...(principal.agent === undefined ? {} : { agent: principal.agent }),
      ...(principal.run === undefined ? {} : { run: principal.run }),
    },
    resource: { name: resource.name, protocol: resource.protocol, labels: resource.labels },
    account,
    context: { sourceAddress: context.sourceAddress },
  };
}

/**
 * Adds the attributes of one statement under the family's name. CEL integers are BigInt, so numbers declared `int` are
 * turned into that; one that is not a whole number stays as it is and fails when it is used.
 */
export function statementVariables(
  shared: ExpressionVariables,
  family: FactsFamily,
  statement: StatementFacts,
): ExpressionVariables {
  const attributes: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(family.attributes)) {
    const value = statement.attributes[name];
    if (value !== undefined) {
      attributes[name] = toCel(value, type);
    }
  }
  return { ...shared, [family.name]: attributes };
}

function toCel(value: JsonValue, type: AttributeType): unknown {
  return type === 'int' && typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}
