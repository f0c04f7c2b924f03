import type { Facts } from '../model/facts.ts';
import { connectFamily } from '../policy/connect-family.ts';
import type { FamilyBinding } from '../policy/family-binding.ts';
import type { SqlSessionState } from '../sql/postgres/facts.ts';

/** Major version of PostgreSQL whose grammar the policy tools use: the newest one. */
const SQL_MAJOR = 18;

let loaded: Promise<readonly FamilyBinding[]> | undefined;

/** All families the policy tools know, each with its presets and its form of a test case. Loaded once a process. */
export function loadFamilies(): Promise<readonly FamilyBinding[]> {
  loaded ??= Promise.all([
    loadSqlBinding(),
    loadHttpBinding(),
    loadTunnelBinding(),
    loadShellBinding(),
    loadFilesBinding(),
    loadRdpBinding(),
  ]).then((bindings) => [connectBinding, ...bindings]);
  return loaded;
}

/** `connect: { database: app }`, or `connect: app`; `connect: {}` for a resource that has no databases. */
const connectBinding: FamilyBinding = {
  family: connectFamily,
  presets: [],
  protocol: 'postgres',
  factsFromCase: (body) => [
    connectFacts(
      isEmpty(body) ? undefined : textOf(body, 'database', '`connect` is the name of a database, or `{}`'),
    ),
  ],
};

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}

function connectFacts(database: string | undefined): Facts {
  const label = database === undefined ? 'connect' : `connect to ${database}`;
  const atoms = [{ label, values: database === undefined ? {} : { databases: [database] } }];
  const statement = { summary: label, atoms, attributes: {}, opaque: [] };
  return { family: connectFamily.name, action: 'connect', statements: [statement] };
}

/** `sql: <text>`, or `sql: { text: …, searchPath: [app, public] }`. The parser is loaded here, so only when it is needed. */
async function loadSqlBinding(): Promise<FamilyBinding> {
  const [{ analyseSql }, { createSqlParser }, { ASSUMED_TABLES }, { sqlFamily }, { protocols }] =
    await Promise.all([
      import('../sql/postgres/facts.ts'),
      import('../sql/postgres/parse.ts'),
      import('../sql/postgres/relation-catalog.ts'),
      import('../sql/facts-family.ts'),
      import('../protocols/index.ts'),
    ]);
  const parser = await createSqlParser(SQL_MAJOR);
  return {
    family: sqlFamily,
    presets: protocols.flatMap(({ families, presets }) => (families.includes(sqlFamily) ? presets : [])),
    protocol: 'postgres',
    factsFromCase: (body) => {
      const analysis = analyseSql(
        parser,
        textOf(body, 'text', '`sql` is the text of one message'),
        // There is no server to ask what is a view.
        { ...stateOf(body), relations: ASSUMED_TABLES },
      );
      if ('syntaxError' in analysis) {
        const { message, position } = analysis.syntaxError;
        throw new Error(`the SQL is not grammatical: ${message} at character ${position}`);
      }
      return [analysis.facts];
    },
  };
}

/** `http: GET /v1/customers`, or `http: { request: POST /v1/refunds, json: … }`. */
async function loadHttpBinding(): Promise<FamilyBinding> {
  const [{ httpFamily }, { httpFactsFromCase }] = await Promise.all([
    import('../protocols/http/facts/facts-family.ts'),
    import('../protocols/http/facts/facts-from-case.ts'),
  ]);
  return {
    family: httpFamily,
    presets: [],
    protocol: 'http',
    factsFromCase: (body) => [httpFactsFromCase(body)],
  };
}

/** `tunnel: api.example.com`, or `api.example.com:8443`. */
async function loadTunnelBinding(): Promise<FamilyBinding> {
  const { tunnelFamily, tunnelFactsFromCase } = await import('../protocols/http/facts/tunnel.ts');
  return {
    family: tunnelFamily,
    presets: [],
    protocol: 'http',
    factsFromCase: (body) => [tunnelFactsFromCase(body)],
  };
}

/** `shell: systemctl status nginx`, or `shell: { text: …, home: /home/deploy, folder: /srv/app }`. */
async function loadShellBinding(): Promise<FamilyBinding> {
  const [{ shellFamily }, { shellFactsFromCase }] = await Promise.all([
    import('../shell/facts-family.ts'),
    import('../shell/facts-from-case.ts'),
  ]);
  return {
    family: shellFamily,
    presets: [],
    protocol: 'ssh',
    factsFromCase: (body) => [shellFactsFromCase(body)],
  };
}

/** `files: READ /srv/app/x`, or `files: { operation: …, path: …, size: … }`. */
async function loadFilesBinding(): Promise<FamilyBinding> {
  const [{ filesFamily }, { fileFactsFromCase }, { protocols }] = await Promise.all([
    import('../files/facts-family.ts'),
    import('../files/facts-from-case.ts'),
    import('../protocols/index.ts'),
  ]);
  return {
    family: filesFamily,
    presets: protocols.flatMap(({ families, presets }) => (families.includes(filesFamily) ? presets : [])),
    protocol: 'ssh',
    factsFromCase: (body) => [fileFactsFromCase(body)],
  };
}

/** `rdp: VIEW`, or `rdp: { operation: CHANNEL, channel: rdpdr }`. */
async function loadRdpBinding(): Promise<FamilyBinding> {
  const [{ rdpFamily }, { rdpFactsFromCase }] = await Promise.all([
    import('../protocols/rdp/facts/facts-family.ts'),
    import('../protocols/rdp/facts/facts-from-case.ts'),
  ]);
  return {
    family: rdpFamily,
    presets: [],
    protocol: 'rdp',
    factsFromCase: (body) => [rdpFactsFromCase(body)],
  };
}

function stateOf(body: unknown): SqlSessionState {
  const path: unknown =
    typeof body === 'object' && body !== null && 'searchPath' in body ? body.searchPath : ['public'];
  if (!Array.isArray(path) || !path.every((schema) => typeof schema === 'string')) {
    throw new Error('`searchPath` is a list of schemas');
  }
  return { searchPath: path, epoch: 0 };
}

function textOf(body: unknown, key: string, expectation: string): string {
  const text: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, key) : body;
  if (typeof text !== 'string' || text === '') {
    throw new Error(`${expectation}, or \`{ ${key}: … }\``);
  }
  return text;
}
