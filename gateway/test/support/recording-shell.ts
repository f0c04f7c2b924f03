import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real shell in which nothing can run but programs that write down their arguments. */
export interface RecordingShell {
  /** Runs a text, and gives the arguments of every program that it ran, sorted. */
  run(shell: '/bin/bash' | '/bin/dash', text: string): Recorded;
}

export interface Recorded {
  readonly commands: readonly (readonly string[])[];
  /** The shell itself complained: the text is not grammatical for it. */
  readonly isSyntaxError: boolean;
}

const STUB = `#!/bin/sh
record=$(for word in "\${0##*/}" "$@"; do printf '%s\\001' "$word"; done; printf '\\002')
printf '%s' "$record" >> "$RECORD"
`;

/**
 * Makes a folder with stubs of these names as the only programs, and an empty one to run in. Texts must name no path, no
 * other builtin and no redirection: they do run. What is left in the background is waited for.
 */
export function createRecordingShell(folder: string, names: readonly string[]): RecordingShell {
  const programs = join(folder, 'programs');
  const empty = join(folder, 'empty');
  mkdirSync(programs);
  for (const name of names) {
    writeFileSync(join(programs, name), STUB);
    chmodSync(join(programs, name), 0o755);
  }
  const record = join(folder, 'record');
  return {
    run: (shell, text) => {
      rmSync(empty, { recursive: true, force: true });
      mkdirSync(empty);
      writeFileSync(record, '');
      const env = { PATH: programs, RECORD: record, HOME: '/home/agent', LC_ALL: 'C.UTF-8' };
      const { stderr } = spawnSync(shell, ['-c', `trap wait EXIT\n${text}`], {
        cwd: empty,
        env,
        encoding: 'utf8',
        input: '',
        timeout: 20_000,
      });
      const commands = readFileSync(record, 'utf8')
        .split('\u0002')
        .slice(0, -1)
        .map((one) => one.split('\u0001').slice(0, -1))
        .sort((left, right) => (left.join('\u0001') < right.join('\u0001') ? -1 : 1));
      return { commands, isSyntaxError: /syntax error|unexpected|unterminated|here-document/i.test(stderr) };
    },
  };
}
