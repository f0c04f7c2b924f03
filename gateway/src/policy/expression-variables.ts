import type { AccessRequest } from '../model/access-request.ts';
import type { AttributeType, FactsFamily, StatementFacts } from '../model/facts.ts';
import type { JsonValue } from '../model/json.ts';
import type { Principal } from '../model/principal.ts';

/** The variables of one evaluation of a `when:`, by name. */
export type ExpressionVariables = Readonly<Record<string, unknown>>;

/** Makes the variables for one statement of a request. */
export function createVariables(
  request: AccessRequest,
  family: FactsFamily,
  statement: StatementFacts,
): ExpressionVariables {
  return {
    principal: principalVariable(request.principal),
    resource: request.resource,
    account: request.account,
    context: { sourceAddress: request.context.sourceAddress },
    [family.name]: attributesOf(family, statement),
  };
}

/** A principal lives as long as its session, and what was made of it with it. */
const principals = new WeakMap<Principal, object>();

function principalVariable(principal: Principal): object {
  let variable = principals.get(principal);
  if (variable === undefined) {
    variable = {
      issuer: principal.issuer,
      subject: principal.subject,
      groups: principal.groups,
      delegation: principal.delegation.map((actor) => ({
        subject: actor.subject,
        ...(actor.issuer === undefined ? {} : { issuer: actor.issuer }),
      })),
      ...(principal.agent === undefined ? {} : { agent: principal.agent }),
      ...(principal.run === undefined ? {} : { run: principal.run }),
      claims: principal.claims ?? {},
    };
    principals.set(principal, variable);
  }
  return variable;
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
  for (const name of statement.unknown ?? []) {
    Object.defineProperty(attributes, name, { enumerable: true, get: () => fail(`${family.name}.${name}`) });
  }
  made.set(statement, attributes);
  return attributes;
}

/** Looking at what is not known ends the evaluation, even by `has()`. */
function fail(name: string): never {
  throw new TypeError(`${name} is not known of this request`);
}

function toCel(value: JsonValue, type: AttributeType): unknown {
  return type === 'int' && typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}
