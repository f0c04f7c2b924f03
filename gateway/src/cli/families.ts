import type { Facts } from '../model/facts.ts';
import { connectFamily } from '../policy/connect-family.ts';
import type { FamilyBinding } from '../policy/family-binding.ts';

/** All families the policy commands know, each with its presets and its form of a test case. */
export async function loadFamilies(): Promise<readonly FamilyBinding[]> {
  return [connectBinding];
}

/** `connect: { database: app }`, or `connect: app`. */
const connectBinding: FamilyBinding = {
  family: connectFamily,
  presets: [],
  protocol: 'postgres',
  factsFromCase: (body) => [connectFacts(databaseOf(body))],
};

function connectFacts(database: string): Facts {
  const label = `connect to ${database}`;
  const statement = {
    summary: label,
    atoms: [{ label, values: { databases: [database] } }],
    attributes: {},
    opaque: [],
  };
  return { family: connectFamily.name, action: 'connect', statements: [statement] };
}

function databaseOf(body: unknown): string {
  const database: unknown =
    typeof body === 'object' && body !== null && 'database' in body ? body.database : body;
  if (typeof database !== 'string' || database === '') {
    throw new Error('`connect` is the name of a database, or `{ database: … }`');
  }
  return database;
}
