/**
 * What bash runs is what the facts say, and what bash and dash run of the text that is sent is the same. Programs are stubs that
 * write down their arguments; the alphabet has no path, no redirection to a file, no function and no loop without an end.
 */

import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compileArgvPattern, writeArgv } from '../../src/names/argv-pattern.ts';
import { analyseShell, type ShellAnalysis } from '../../src/shell/analyse-shell.ts';
import { createRecordingShell, type Recorded, type RecordedCommand } from '../support/recording-shell.ts';
import { shellSoup, shellText } from '../support/shell-texts.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const folder = createTemporaryFolder('shell-differential');
const shell = createRecordingShell(folder.path, ['c1', 'c2', 'c3']);
afterAll(() => folder[Symbol.dispose]());

/** More by hand: `SALLYPORT_SHELL_RUNS=5000`. */
const RUNS = Number(process.env['SALLYPORT_SHELL_RUNS'] ?? 100);

const canRun = existsSync('/bin/bash') && existsSync('/bin/dash');

/** Every program that ran is one of the commands in the facts, word by word as far as they are known. */
function expectSeen(analysis: ShellAnalysis, ran: readonly RecordedCommand[]): void {
  for (const { argv } of ran) {
    const written = writeArgv(argv.map((one) => [one]));
    const seen = analysis.commands.some((command) => {
      const pattern = compileArgvPattern(writeArgv(command.argv));
      return pattern?.hits(written) === true;
    });
    expect({ written, seen, text: analysis.canonical }).toMatchObject({ seen: true });
  }
}

function wordsOf({ commands }: Recorded): readonly string[] {
  return commands.map(({ argv }) => argv.join('\u0001')).sort();
}

function check(text: string): void {
  // The number of the process is another one each time, and each shell has its own options.
  fc.pre(!/\$[$-]/.test(text));
  const analysis = analyseShell(text);
  if (analysis.canonical === undefined) return;
  const original = shell.run('/bin/bash', text);
  const sent = shell.run('/bin/bash', analysis.canonical);
  const asPosix = shell.run('/bin/dash', analysis.canonical);
  expect(sent.isSyntaxError).toBe(false);
  expectSeen(analysis, sent.commands);
  // Whether a substitution in an assignment reads the here-document beside it is up to the shell.
  expect(wordsOf(asPosix)).toEqual(wordsOf(sent));
  // What bash itself refuses, or reads on past an error, is none of its own meaning.
  if (!original.isSyntaxError) expect(sent.commands).toEqual(original.commands);
}

describe.skipIf(!canRun)('facts and sent text against real shells', () => {
  it('P2: bash runs of what is sent what it would run of the original, and dash the same', () => {
    fc.assert(fc.property(shellText, check), { numRuns: RUNS });
  }, 600_000);

  it('P2: so it is with pieces in any order, where they are not refused', () => {
    fc.assert(fc.property(shellSoup, check), { numRuns: 3 * RUNS });
  }, 600_000);
});
