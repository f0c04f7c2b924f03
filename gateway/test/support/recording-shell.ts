import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A real shell in which nothing can run but programs that write down their arguments. */
export interface RecordingShell {
  /** Runs a text, and gives the arguments of every program that it ran, and what it was given, sorted. */
  run(shell: '/bin/bash' | '/bin/dash', text: string): Recorded;
}

export interface Recorded {
  readonly commands: readonly RecordedCommand[];
  /** The shell itself complained: the text is not grammatical for it. */
  readonly isSyntaxError: boolean;
}

export interface RecordedCommand {
  readonly argv: readonly string[];
  /** Standard input, and the variables `v` and `w`. */
  readonly given: readonly string[];
}

const STUB = `#!/bin/sh
input=; while IFS= read -r line || [ -n "$line" ]; do input="$input$line\\n"; done
record=$(for word in "\${0##*/}" "$@"; do printf '%s\\001' "$word"; done; printf '\\003%s\\003%s\\003%s\\002' "$input" "\${v-unset}" "\${w-unset}")
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
      const { stderr } = spawnSync(shell, ['-c', text], {
        cwd: empty,
        env,
        encoding: 'utf8',
        input: '',
        // Everything that the text starts has the fourth one, so the end of all is waited for.
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        timeout: 120_000,
      });
      const commands = readFileSync(record, 'utf8')
        .split('\u0002')
        .slice(0, -1)
        .sort()
        .map((one) => {
          const [words = '', ...given] = one.split('\u0003');
          return { argv: words.split('\u0001').slice(0, -1), given: given.map(withoutLineNumbers) };
        });
      return { commands, isSyntaxError: /syntax error|unexpected|unterminated|here-document/i.test(stderr) };
    },
  };
}

/** By `|&` a program reads what the shell complains of, and in which line: the text that is sent has others. */
function withoutLineNumbers(given: string): string {
  return given.replaceAll(/(\/bin\/(?:ba|da)sh: (?:line )?)\d+:/gu, '$1N:');
}
