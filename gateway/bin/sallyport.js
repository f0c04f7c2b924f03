#!/usr/bin/env node
// Starts the command line under a Node that can run it. Plain JavaScript: this file must load on old versions too.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 24;
/**
 * MiB of a half of the young generation, for a gateway. Bytes in transit that Node reads live outside of the heap, 64 KiB a
 * chunk, and die young: seldom collected, they make the engine collect everything instead, and none of them is warm in a
 * cache. With this large files over SSH take half the processor time.
 */
const SEMI_SPACE_FLAG = '--max-semi-space-size';
const SEMI_SPACE_MIB = 2;
const script = fileURLToPath(import.meta.url);
/** Set in the second run, so that an unsuitable pinned Node ends in a message and not in a loop. */
const MARK = 'SALLYPORT_REEXECUTED';

function findPinnedNode() {
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const candidate = join(
      folder,
      'node_modules',
      '.bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

function runUnder(node) {
  const options = { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } };
  const child = spawn(node, [script, ...process.argv.slice(2)], options);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C in a terminal reaches the child by itself.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.once('error', (error) => fail(`cannot start ${node}: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}

/** Becomes the same program with the flag, in the same process. Where that cannot be, it goes on without. */
function tuneForServing() {
  const asked = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  if (process.platform === 'win32' || process.execve === undefined || asked.includes(SEMI_SPACE_FLAG)) return;
  const flags = [`${SEMI_SPACE_FLAG}=${SEMI_SPACE_MIB}`, ...process.execArgv];
  process.execve(process.execPath, [process.argv0, ...flags, script, ...process.argv.slice(2)], process.env);
}

function fail(message) {
  process.stderr.write(`sallyport: ${message}\n`);
  process.exitCode = 1;
}

// Whoever reads our output may go first (`| head`): no reason for a gateway to stop, nor for a command to go on.
function onBrokenOutput(error) {
  if (error.code !== 'EPIPE') throw error;
  if (process.argv[2] !== 'serve') process.exit(128 + constants.signals.SIGPIPE);
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) {
  if (process.argv[2] === 'serve') tuneForServing();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onBrokenOutput);
  const { runCli } = await import('../src/cli/cli.ts');
  process.exitCode = await runCli(process.argv.slice(2), process);
} else {
  const node = process.env[MARK] === '1' ? undefined : findPinnedNode();
  if (node === undefined) {
    fail(
      `Node ${NEEDED_MAJOR} or newer is needed, this is ${process.versions.node}; run \`npm install\` in the repository`,
    );
  } else {
    runUnder(node);
  }
}
