import type { AccessRequest } from '../model/access-request.ts';
import type { AttributeType, FactsFamily, StatementFacts } from '../model/facts.ts';
import type { JsonValue } from '../model/json.ts';

/** The variables of one evaluation of a `when:`, by name. */
export type ExpressionVariables = Readonly<Record<string, unknown>>;

/** Makes the variables for one statement of a request; each is made only when an expression asks for it. */
export function createVariables(
  request: AccessRequest,
  family: FactsFamily,
  statement: StatementFacts,
): ExpressionVariables {
  const { resource, account, context } = request;
  const variables = {
    get principal() {
      return principalVariable(request);
    },
    get resource() {
      return { name: resource.name, protocol: resource.protocol, labels: resource.labels };
    },
    account,
    get context() {
      return { sourceAddress: context.sourceAddress };
    },
  };
  return Object.defineProperty(variables, family.name, { value: attributesOf(family, statement) });
}

function principalVariable({ principal }: AccessRequest): object {
  return {
    issuer: principal.issuer,
    subject: principal.subject,
    groups: principal.groups,
    delegation: principal.delegation.map((actor) => ({
      subject: actor.subject,
      ...(actor.issuer === undefined ? {} : { issuer: actor.issuer }),
    })),
    ...(principal.agent === undefined ? {} : { agent: principal.agent }),
    ...(principal.run === undefined ? {} : { run: principal.run }),
  };
}

/** Facts are often kept with the text they come from, so what was made of them is kept with them. */
const made = new WeakMap<StatementFacts, object>();

/**
 * The attributes of a statement as CEL takes them: integers are BigInt there, so numbers declared `int` are turned into
 * that; one that is not a whole number stays as it is and fails when it is used.
 */
function attributesOf(family: FactsFamily, statement: StatementFacts): object {
  const known = made.get(statement);
  if (known !== undefined) {
    return known;
  }
  const attributes: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(family.attributes)) {
    const value = Object.hasOwn(statement.attributes, name) ? statement.attributes[name] : undefined;
    if (value !== undefined) {
      attributes[name] = toCel(value, type);
    }
  }
  made.set(statement, attributes);
  return attributes;
}

function toCel(value: JsonValue, type: AttributeType): unknown {
  return type === 'int' && typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}
