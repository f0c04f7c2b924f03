/**
 * node-postgres' own integration tests, directly and through a gateway that permits everything: what a test file prints, and how it
 * ends, is the same, or it is explained.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { chosenTests } from '../comparison/chosen-tests.ts';
import { expectExplained } from '../comparison/explained.ts';
import { createTestTables, driverTests, layOutSuite, runDriverTest } from './driver-suite.ts';

const QUICK: ReadonlySet<string> = new Set([
  'client/empty-query',
  'client/multiple-results',
  'client/prepared-statement',
  'client/quick-disconnect',
  'client/row-description-on-results',
  'gh-issues/600',
]);

const tests = chosenTests({ all: driverTests(), quick: QUICK, long: () => true });

/** Where the reason cannot be seen in what is printed. A test file ends with its first test that fails. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['client/appname', 'application-name'],
  // Waits for the notice of a DO block.
  ['client/notice', 'do-block'],
  ['gh-issues/2416', 'startup-parameter'],
]);

/** The database of the tests, and the resource. */
const DATABASE = 'driver';
const USER = 'app';

let folder: TemporaryFolder;
let direct: TestPostgres;
let behind: TestPostgres;
let gateway: TestGateway;
const urls = { direct: '', through: '' };

beforeAll(async () => {
  folder = createTemporaryFolder('driver-suite');
  layOutSuite(folder.path);
  direct = await startTestPostgres();
  behind = await startTestPostgres();
  const login = await direct.createRole(USER);
  await behind.createRole(USER);
  for (const server of [direct, behind]) await server.createDatabase(DATABASE, USER);
  gateway = await startTestGateway({ postgres: behind, resource: { name: DATABASE, database: DATABASE } });
  urls.direct = direct.url({ ...login, database: DATABASE });
  urls.through = await gateway.url({ database: DATABASE, claims: { expiresIn: 3600 } });
  for (const url of Object.values(urls)) await createTestTables(folder.path, url);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await behind[Symbol.asyncDispose]();
  await direct[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("node-postgres' own tests", () => {
  for (const name of tests) {
    it(`P2: ${name} ends the same through the gateway`, async () => {
      const [fromServer, fromGateway] = await Promise.all([
        runDriverTest(folder.path, name, urls.direct),
        runDriverTest(folder.path, name, urls.through),
      ]);
      const explained = path.join(import.meta.dirname, 'explained');
      expectExplained(
        { suite: 'node-postgres', name, folder: explained, reason: REASONS.get(name) },
        { direct: fromServer, through: fromGateway },
      );
    }, 300_000);
  }
});
