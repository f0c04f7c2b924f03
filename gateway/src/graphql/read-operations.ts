import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { type Reading, read, unread } from '../documents/reading.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { expandOperation } from './expand.ts';
import type { GraphqlOperation } from './operation.ts';
import { Refused } from './refused.ts';
import { type Variables, valueOf } from './values.ts';

/** One request to a GraphQL endpoint (GraphQL over HTTP, 5.1). */
export interface GraphqlRequest {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: JsonObject;
}

const LONGEST = 100_000;
const MOST_TOKENS = 10_000;
const MOST_OPERATIONS = 20;
const NO_VARIABLES: Variables = new Map();

/**
 * Reads the operations of a GraphQL document. All of them are told, not only the one that `operationName` picks, so
 * that nothing depends on how the server picks. Never throws.
 */
export function readOperations(request: GraphqlRequest): Reading<readonly GraphqlOperation[]> {
  try {
    return read(operationsOf(request));
  } catch (error) {
    if (error instanceof Refused) return unread(error.message);
    if (error instanceof GraphQLError) return unread('GraphQL that is not grammatical, or too long');
    return unread('GraphQL nested too deeply');
  }
}

function operationsOf({ query, operationName, variables }: GraphqlRequest): readonly GraphqlOperation[] {
  if (query.length > LONGEST) throw new Refused(`GraphQL longer than ${LONGEST} characters`);
  const document = parse(query, { noLocation: true, maxTokens: MOST_TOKENS });
  const { operations, fragments } = definitionsOf(document);
  const names = operations.map(({ name }) => name?.value);
  const [first] = operations;
  if (first === undefined) throw new Refused('GraphQL without an operation');
  if (operations.length > MOST_OPERATIONS)
    throw new Refused(`more than ${MOST_OPERATIONS} GraphQL operations`);
  if (new Set(names).size !== names.length || (names.length > 1 && names.includes(undefined))) {
    throw new Refused('GraphQL operations that cannot be told apart');
  }
  if (operationName === undefined ? names.length > 1 : !names.includes(operationName)) {
    throw new Refused('GraphQL that does not say which operation is meant');
  }
  return operations.map((operation) =>
    expandOperation(operation, fragments, variablesOf(operation, variables)),
  );
}

interface Definitions {
  readonly operations: readonly OperationDefinitionNode[];
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

function definitionsOf({ definitions }: DocumentNode): Definitions {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === 'OperationDefinition') {
      operations.push(definition);
    } else if (definition.kind === 'FragmentDefinition') {
      if (fragments.has(definition.name.value)) throw new Refused('GraphQL fragments of the same name');
      fragments.set(definition.name.value, definition);
    } else {
      throw new Refused('GraphQL that defines types');
    }
  }
  return { operations, fragments };
}

function variablesOf({ variableDefinitions }: OperationDefinitionNode, given: JsonObject): Variables {
  const variables = new Map<string, JsonValue | undefined>();
  for (const { variable, defaultValue } of variableDefinitions ?? []) {
    const name = variable.name.value;
    if (variables.has(name)) throw new Refused('GraphQL variables of the same name');
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    const value = own ?? (defaultValue === undefined ? own : valueOf(defaultValue, NO_VARIABLES));
    variables.set(name, own === null ? null : value);
  }
  return variables;
}
