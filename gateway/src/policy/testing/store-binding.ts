import type { Atom, Facts, StatementFacts } from '../../model/facts.ts';
import { connectFamily } from '../connect-family.ts';
import type { FamilyBinding } from '../family-binding.ts';
import { atom, statement, storeFamily } from './store-family.ts';

/** Binds the store family for cases: `store: [{ atoms: ["READ a.t"], attributes: {}, opaque: [] }]`, or `store: "READ a.t"`. */
export const storeBinding: FamilyBinding = {
  family: storeFamily,
  presets: [],
  protocol: 'store',
  factsFromCase: (body) => {
    const list = (Array.isArray(body) ? body : [body]) as readonly unknown[];
    return [{ family: 'store', action: 'query', statements: list.map(statementOf) } satisfies Facts];
  },
};

/** Binds the connect family for cases: `connect: app`. */
export const connectBinding: FamilyBinding = {
  family: connectFamily,
  presets: [],
  protocol: 'store',
  factsFromCase: (body) => {
    const label = `connect to ${String(body)}`;
    const opened = { label, values: { databases: [String(body)] } };
    return [{ family: 'connect', action: 'connect', statements: [statement([opened])] }];
  },
};

interface StatementBody {
  readonly atoms: readonly string[];
  readonly attributes?: StatementFacts['attributes'];
  readonly opaque?: readonly string[];
}

function statementOf(body: unknown): StatementFacts {
  if (typeof body === 'string') {
    return statement([atomOf(body)]);
  }
  const { atoms, attributes = {}, opaque = [] } = body as StatementBody;
  return statement(atoms.map(atomOf), { attributes, opaque });
}

function atomOf(text: string): Atom {
  const [kind = '', table] = text.split(' ');
  return atom(kind, table);
}
