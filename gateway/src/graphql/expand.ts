import type {
  DirectiveNode,
  FieldNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import type { JsonValue } from '../model/json.ts';
import type { GraphqlLeaf, GraphqlOperation } from './operation.ts';
import { Refused } from './refused.ts';
import { objectOf, type Variables } from './values.ts';

const MOST_SELECTIONS = 2000;
const DEEPEST = 32;

const ROOTS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** They leave fields out, which a gateway that counts every field need not know. */
const KNOWN_DIRECTIVES: ReadonlySet<string> = new Set(['include', 'skip']);

/** Where a selection stands. */
interface Place {
  /** Names of fields from the root. */
  readonly names: readonly string[];
  /** Keys of the response from `data`. */
  readonly keys: readonly string[];
  /** Fragments that are being expanded, so that a cycle is seen. */
  readonly within: readonly string[];
}

/**
 * Works out what an operation asks for. Every field counts, whatever `@include` and `@skip` say.
 * @throws {Refused} for cycles of fragments, unknown fragments and directives, and what is too deep or too much
 */
export function expandOperation(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Variables,
): GraphqlOperation {
  const expansion = new Expansion(ROOTS[operation.operation], fragments, variables);
  checkDirectives(operation.directives);
  expansion.enter(operation.selectionSet, { names: [], keys: [], within: [] });
  const topLevel = [...expansion.topLevel];
  const typename = `${ROOTS[operation.operation]}.__typename`;
  const asked = topLevel.filter((field) => field !== typename);
  return {
    kind: operation.operation,
    ...(operation.name === undefined ? {} : { name: operation.name.value }),
    topLevel: asked.length > 0 ? asked : topLevel,
    fields: [...expansion.fields],
    arguments: Object.fromEntries(expansion.arguments),
    depth: expansion.depth,
    selections: expansion.selections,
    leaves: expansion.leaves,
  };
}

class Expansion {
  readonly topLevel = new Set<string>();
  readonly fields = new Set<string>();
  readonly arguments = new Map<string, JsonValue[]>();
  readonly leaves: GraphqlLeaf[] = [];
  depth = 0;
  selections = 0;
  #visited = 0;
  readonly #root: string;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;

  constructor(root: string, fragments: ReadonlyMap<string, FragmentDefinitionNode>, variables: Variables) {
    this.#root = root;
    this.#fragments = fragments;
    this.#variables = variables;
  }

  enter({ selections }: SelectionSetNode, place: Place): void {
    if (place.names.length + place.within.length > DEEPEST) {
      throw new Refused(`a GraphQL selection nested deeper than ${DEEPEST}`);
    }
    for (const selection of selections) {
      this.#visited += 1;
      if (this.#visited > MOST_SELECTIONS)
        throw new Refused(`more than ${MOST_SELECTIONS} GraphQL selections`);
      checkDirectives(selection.directives);
      if (selection.kind === 'Field') this.#field(selection, place);
      else if (selection.kind === 'InlineFragment') this.enter(selection.selectionSet, inside(place, ''));
      else this.#spread(selection.name.value, place);
    }
  }

  #spread(name: string, place: Place): void {
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) throw new Refused('a GraphQL fragment that is not defined');
    if (place.within.includes(name)) throw new Refused('GraphQL fragments that contain themselves');
    checkDirectives(fragment.directives);
    this.enter(fragment.selectionSet, inside(place, name));
  }

  #field(field: FieldNode, place: Place): void {
    const names = [...place.names, field.name.value];
    const keys = [...place.keys, field.alias?.value ?? field.name.value];
    const path = `${this.#root}.${names.join('.')}`;
    this.selections += 1;
    this.depth = Math.max(this.depth, names.length);
    if (names.length === 1) this.topLevel.add(path);
    this.fields.add(path);
    if (field.arguments !== undefined && field.arguments.length > 0) {
      const given = objectOf(field.arguments, this.#variables, 0);
      const list = this.arguments.get(names.join('.'));
      if (list === undefined) this.arguments.set(names.join('.'), [given]);
      else list.push(given);
    }
    if (field.selectionSet === undefined) this.leaves.push({ response: keys, field: path });
    else this.enter(field.selectionSet, { names, keys, within: place.within });
  }
}

function inside(place: Place, fragment: string): Place {
  return { ...place, within: [...place.within, fragment] };
}

function checkDirectives(directives: readonly DirectiveNode[] | undefined): void {
  for (const { name } of directives ?? []) {
    if (!KNOWN_DIRECTIVES.has(name.value))
      throw new Refused('a GraphQL directive other than @include and @skip');
  }
}
