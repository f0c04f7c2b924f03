import type { FactsFamily } from '../model/facts.ts';

/** What an atom of a command text is. */
export const SHELL_KINDS: readonly string[] = ['RUN', 'READ', 'WRITE', 'SET', 'TERMINAL'];

/** Ways to hand out a terminal as a whole. */
const TERMINALS: readonly string[] = ['recorded'];

/** The rule family `shell`: what rules may match and what `when:` sees under `shell.`. */
export const shellFamily: FactsFamily = {
  name: 'shell',
  dimensions: {
    kinds: {
      match: { by: 'keyword', vocabulary: SHELL_KINDS },
      description:
        'RUN is a program or builtin; READ and WRITE are files that the shell opens for it by a redirection; SET is a variable or function; TERMINAL is a whole terminal, in which nothing is judged.',
    },
    terminals: {
      match: { by: 'keyword', vocabulary: TERMINALS },
      explicit: true,
      description:
        'A whole terminal on the machine: `recorded`. Nothing of what is typed there is judged. Allowed only by a rule that names it.',
    },
    argv: {
      match: { by: 'argv' },
      description:
        'Commands word by word: `systemctl status *`. `*` is an argument that is no option, `**` any number of words; programs of the system by their bare name, others by their path.',
    },
    commands: {
      match: { by: 'glob' },
      description:
        'Names of programs and builtins. A program outside of the folders of the system has its path as well as its last part.',
    },
    flags: {
      match: { by: 'glob' },
      description:
        'Options, letters one by one and long names without values; in all their forms where a program is known: `-r`, `--recursive`.',
    },
    users: {
      match: { by: 'glob' },
      explicit: true,
      needed: true,
      description:
        'Users whose rights are taken, by sudo and its like. A command that takes any is allowed only by a rule that names them, and such a rule allows no other.',
    },
    via: {
      match: { by: 'glob' },
      description: 'Programs that run the command: sudo, xargs, find, sh, ssh…',
    },
    reads: {
      match: { by: 'file' },
      description:
        'Files that are read, absolute: `/var/log/**`. Links are not looked at. Known of redirections and of common programs.',
    },
    writes: {
      match: { by: 'file' },
      description: 'Files that are written, made, changed or removed, absolute: `/srv/app/**`.',
    },
    variables: {
      match: { by: 'glob' },
      description: 'Variables that are set.',
    },
    opaque: {
      match: { by: 'glob' },
      explicit: true,
      description:
        'What may run something that nobody can see: `code:python3`, `script:/srv/app/run.sh`, `program:/opt/x`. Allowed only by a rule that names it.',
    },
  },
  attributes: {
    name: {
      type: 'string',
      description: 'Name of the program; empty for redirections and assignments alone.',
    },
    argv: {
      type: 'list<string>',
      description: 'All its words. Not known where a variable, glob or substitution makes some of them.',
    },
    flags: { type: 'list<string>', description: 'Its options, as in `match`.' },
    users: { type: 'list<string>', description: 'Users whose rights it takes.' },
    via: { type: 'list<string>', description: 'Programs that run it, outermost first.' },
    reads: { type: 'list<string>', description: 'Files that it reads; `*` for one that is not known.' },
    writes: { type: 'list<string>', description: 'Files that it writes; `*` for one that is not known.' },
    variables: { type: 'list<string>', description: 'Variables that it sets.' },
    opaque: { type: 'list<string>', description: 'What of it cannot be seen.' },
    background: { type: 'bool', description: 'It goes on when the text is done.' },
    commands: { type: 'int', description: 'Commands of the whole text.' },
  },
};
