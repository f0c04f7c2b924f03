/**
 * The door to every npm script: `node scripts/run.mjs start|test|check|bench|build|screenshots|test:clients|test:long [arguments]`.
 *
 * Plain JavaScript without dependencies that Node 20 can run. It installs what is missing, finds the pinned
 * Node and runs the real script under it. It must not know what the scripts do.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BootstrapError } from './bootstrap/bootstrap-error.mjs';
import { ensureInstalled } from './bootstrap/installation.mjs';
import { findRuntime } from './bootstrap/runtime.mjs';
import { superviseChild } from './bootstrap/supervise-child.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The script behind each task, relative to the repository, and what has to be installed for it.
 *
 * @type {ReadonlyMap<string, { script: string, needs: 'production' | 'all' }>}
 */
const tasks = new Map([
  ['start', { script: 'examples/quickstart/main.ts', needs: 'production' }],
  ['test', { script: 'scripts/test.ts', needs: 'all' }],
  ['check', { script: 'scripts/check.ts', needs: 'all' }],
  ['bench', { script: 'gateway/bench/main.ts', needs: 'all' }],
  ['build', { script: 'console/build/main.ts', needs: 'production' }],
  ['screenshots', { script: 'scripts/screenshots.ts', needs: 'all' }],
  ['test:clients', { script: 'gateway/test/clients/main.ts', needs: 'all' }],
  ['test:long', { script: 'scripts/test-long.ts', needs: 'all' }],
]);

/** @param {readonly string[]} argv */
async function run(argv) {
  const [name = '', ...taskArguments] = argv;
  const task = tasks.get(name);
  if (task === undefined) {
    throw new BootstrapError(
      `unknown task '${name}'`,
      `use one of: ${[...tasks.keys()].map((known) => `npm run ${known}`).join(', ')}`,
    );
  }
  await ensureInstalled(root, task.needs);
  const runtime = findRuntime(root);
  const child = spawn(
    runtime,
    ['--disable-warning=ExperimentalWarning', path.join(root, task.script), ...taskArguments],
    { cwd: root, stdio: 'inherit', env: environmentFor(runtime) },
  );
  process.exitCode = await superviseChild(child);
}

/**
 * The pinned tools come first on PATH, so that whatever the script starts runs on the same Node.
 * @param {string} runtime
 */
function environmentFor(runtime) {
  const folders = [path.join(root, 'node_modules', '.bin'), path.dirname(runtime), process.env['PATH'] ?? ''];
  return { ...process.env, PATH: folders.filter((folder) => folder !== '').join(path.delimiter) };
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  process.stderr.write(`sallyport: ${error.message}\n  ${error.remedy}\n`);
  process.exitCode = 1;
}
