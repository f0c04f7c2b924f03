/**
 * Programs that run what nobody can see from here, whatever their arguments are: by kind, which policies name. The list is
 * made of what their manuals say; a program that is not in it is judged by its words alone.
 */
const UNSEEN: Readonly<Record<string, string>> = {
  // Commands and shells from within.
  escape:
    'vi vim nvim view vimdiff rvim rview ex ed red emacs emacsclient nano pico joe jed less more most pg man info w3m lynx elinks links mutt neomutt mail mailx top htop atop gdb lldb mc ranger nnn ftp lftp tftp telnet screen tmux byobu dialog whiptail visudo vipw vigr sudoedit crontab select-editor',
  // Other languages, of which no text is read here, and clients with an escape to the shell.
  code: 'zsh ksh ksh93 mksh pdksh yash fish csh tcsh nu pwsh xonsh elvish rc es rbash lua luajit tclsh wish expect Rscript R julia ghci runghc runhaskell scala groovy jshell java erl iex elixir osascript gjs dc ocaml guile racket sbcl clisp octave gnuplot m4 psql mysql mariadb sqlite3 mongo mongosh mongod sqlcmd sqlplus',
  // Files of rules that say what to run.
  build:
    'make gmake bmake cmake ctest ninja meson bazel scons npm npx yarn pnpm corepack bun deno pip pip3 pipx uv uvx poetry pdm hatch tox nox conda gem bundle bundler rake cargo go mvn gradle gradlew ant sbt composer pytest jest vitest tsx ts-node just task gcc g++ cc c++ clang clang++ rustc ld as gdc javac',
  // Maintainers' scripts, as root.
  packages: 'apt apt-get aptitude dpkg rpm yum dnf zypper apk pacman emerge brew snap flatpak nix nix-env',
  // A command that is given in a way which is not read here, or later, or by somebody else.
  runs: 'at batch systemd-run parallel entr run-parts start-stop-daemon strace ltrace perf valgrind ld.so fakeroot proot firejail bwrap schroot capsh setpriv setarch linux32 linux64 numactl prlimit cgexec dbus-run-session xvfb-run rlwrap unbuffer socat nc ncat netcat logrotate ansible ansible-playbook ansible-console puppet chef-client salt salt-call terraform tofu terragrunt pulumi vagrant packer runuser newgrp sg machinectl lxc-attach lxc incus crictl ctr runc nerdctl buildah skopeo minikube kind helm autossh mosh et rsh rlogin rexec script scriptlive xterm busctl gdbus dbus-send modprobe insmod kexec mount.fuse sshfs git-shell git-upload-pack git-receive-pack tini dumb-init gosu su-exec s6-setuidgid chpst softlimit setlock daemonize nodemon pm2 supervisorctl forever watchexec hyperfine mpirun srun sbatch',
};

const KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries(UNSEEN).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)),
);

/** Kind of what a program runs unseen; undefined where it is none of these. */
export function unseenKind(name: string): string | undefined {
  return KINDS.get(name) ?? (/^ld(?:-linux|-musl|\.so)/.test(name) ? 'runs' : undefined);
}

/** Interpreters that have a text for them on the command line, in a file, or on standard input. */
const INTERPRETER = /^(?:python|pypy|perl|ruby|jruby|node|nodejs|php|lua|tclsh|raku)[0-9.]*$/;

export function isInterpreter(name: string): boolean {
  return INTERPRETER.test(name);
}
