/**
 * PostgreSQL's own regression suite, script by script, directly and through a gateway that permits everything: what psql prints is the
 * same, or it is explained.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { chosenTests } from '../comparison/chosen-tests.ts';
import { expectExplained } from '../comparison/explained.ts';
import { runScript } from './psql-script.ts';
import { type RegressScene, startRegressScene } from './scene.ts';
import { scheduledScripts } from './schedule.ts';

/** What every script builds on, and some that are quick and reach far into the protocol. */
const QUICK: ReadonlySet<string> = new Set([
  'test_setup',
  'name',
  'numerology',
  'regproc',
  'copyselect',
  'copyencoding',
  'errors',
  'select_implicit',
  'case',
  'portals_p2',
  'prepared_xacts',
  'async',
  'advisory_lock',
  'xmlmap',
]);

const scripts = chosenTests({ all: scheduledScripts(), quick: QUICK, long: () => true });

/** Those that meet what a script before left behind because something was refused in it. */
const BEHIND: ReadonlySet<string> = new Set([
  // collate.icu.utf8: objects of its DO block.
  'foreign_data',
]);

let scene: RegressScene;

beforeAll(async () => {
  scene = await startRegressScene();
});

afterAll(async () => {
  await scene[Symbol.asyncDispose]();
});

describe("PostgreSQL's regression suite", () => {
  for (const name of scripts) {
    it(`P2: ${name} prints the same through the gateway`, async (context) => {
      const psql = requireTool(context, tools.psql);
      await scene.serving();
      const [direct, through] = await Promise.all([
        runScript(psql, name, scene.direct),
        runScript(psql, name, scene.through),
      ]);
      const folder = path.join(import.meta.dirname, 'explained');
      expectExplained({ suite: 'postgresql', name, folder, isBehind: BEHIND.has(name) }, { direct, through });
    }, 1_000_000);
  }
});
