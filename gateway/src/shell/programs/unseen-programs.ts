import type { Argument } from '../arguments.ts';

/**
 * Programs that run what nobody can see from here, whatever their arguments are: by kind, which policies name. The list is
 * made of what their manuals say; a program that is not in it is judged by its words alone.
 */
const UNSEEN: Readonly<Record<string, string>> = {
  // Commands and shells from within.
  escape:
    'vi vim nvim view vimdiff rvim rview ex ed red emacs emacsclient nano pico joe jed less more most pg man info w3m lynx elinks links mutt neomutt mail mailx top htop atop gdb lldb mc ranger nnn ftp lftp tftp telnet screen tmux byobu dialog whiptail visudo vipw vigr sudoedit crontab select-editor editor pager sensible-editor sensible-pager sensible-browser www-browser x-www-browser pydoc pydoc2 pydoc3 perldoc rtv cscope ncdu ncftp tig lazygit nvi vis kak hx helix micro mg zile ne mcedit mcview zless zmore bzless bzmore xzless xzmore lzless lzmore zstdless vimtutor gdbtui cgdb smbclient bpython ipython ipython3 irb pry bashbug minicom picocom',
  // Other languages, of which no text is read here, and clients with an escape to the shell.
  code: 'zsh ksh ksh93 mksh pdksh yash fish csh tcsh nu pwsh xonsh elvish rc es rbash lua luajit tclsh wish expect Rscript R julia ghci runghc runhaskell scala groovy jshell java erl iex elixir osascript gjs dc ocaml guile racket sbcl clisp octave gnuplot m4 psql mysql mariadb sqlite3 mongo mongosh mongod sqlcmd sqlplus phpdbg posh sash hush oksh loksh scsh ion ngs byebug pdb pdb2 pdb3 json_pp prename file-rename perl-rename ghc ginsh jrunscript jjs jexec dotnet csi fsi mono wine wine64 box64 qemu-user lli clojure clj bb kotlinc swift zig nim crystal dart hhvm escript octave-cli maxima gimp blender exiftool bpftrace stap dtrace slsh tex latex pdftex pdflatex xetex xelatex luatex lualatex latexmk groff troff nroff pic tbl eqn neqn geqn gtbl gpic grog gs ghostscript enscript original-awk goawk debugfs',
  // Files of rules that say what to run.
  build:
    'make gmake bmake cmake ctest ninja meson bazel scons npm npx yarn pnpm corepack bun deno pip pip3 pipx uv uvx poetry pdm hatch tox nox conda gem bundle bundler rake cargo go mvn gradle gradlew ant sbt composer pytest jest vitest tsx ts-node just task gcc g++ cc c++ clang clang++ rustc ld as gdc javac cpp c89 c99 prove perlbug perlthanks clang-cpp clang-cl cpan cpanm dpkg-buildpackage dpkg-source debuild ccache distcc icecc libtool rpmbuild flask django-admin gunicorn uvicorn uwsgi easy_install gold',
  // Maintainers' scripts, as root.
  packages:
    'apt apt-get aptitude dpkg rpm yum dnf zypper apk pacman emerge brew snap flatpak nix nix-env dpkg-reconfigure dpkg-preconfigure dpkg-maintscript-helper debconf debconf-communicate debconf-apt-progress apt-key aptdcon pkcon unattended-upgrade opkg rpmquery rpmverify rpmdb rpmkeys',
  // A command that is given in a way which is not read here, or later, or by somebody else.
  runs: 'at batch systemd-run parallel entr run-parts start-stop-daemon strace ltrace perf valgrind ld.so fakeroot proot firejail bwrap schroot capsh setpriv setarch linux32 linux64 numactl prlimit cgexec dbus-run-session xvfb-run rlwrap unbuffer socat nc ncat netcat logrotate ansible ansible-playbook ansible-console puppet chef-client salt salt-call terraform tofu terragrunt pulumi vagrant packer runuser newgrp sg machinectl lxc-attach lxc incus crictl ctr runc nerdctl buildah skopeo minikube kind helm autossh mosh et rsh rlogin rexec script scriptlive xterm busctl gdbus dbus-send modprobe insmod kexec mount.fuse sshfs git-shell git-upload-pack git-receive-pack tini dumb-init gosu su-exec hg bzr fossil darcs s6-setuidgid chpst softlimit setlock choom x86_64 i386 i486 i586 i686 uname26 ssh-agent gpg-agent ssh-copy-id ssh-argv0 runcon uclampset coresched systemd-inhibit systemd-cat systemd-socket-activate systemd-nspawn systemd-vmspawn systemd-notify run0 systemd-stdio-bridge fakeroot-sysv fakeroot-tcp fakechroot fstab-decode pg_virtualenv dpkg-architecture not msgexec msgfilter sotruss memusage catchsegv heaptrack ldd mtrace eatmydata faketime datefudge nocache cpulimit timelimit multitime logsave openvt cttyhack getty agetty login sulogin invoke-rc.d deb-systemd-invoke rc-service chronic ifne pee vipe vidir zrun annotate-output ts-node-dev torify torsocks tsocks proxychains proxychains4 aoss aa-exec cgclassify trickle unionfs gtester genie grc run-mailcap see compose edit print run-one keep-one-running sem rush xe xdg-open xdg-email open dbus-launch xinit startx x-terminal-emulator uxterm lxterm koi8rxterm xdotool chromium chromium-browser google-chrome firefox rtcwake vgdb gcore stunnel stunnel4 openvpn pppd dhclient udhcpc ntpd inetd tcpsvd udpsvd telnetd ftpd crond inotifyd mdev envdir envuidgid setuidgid pgrphack runsv runsvdir svlogd supervise supervisord monit procmail formail fetchmail sendmail incrond sshuttle virsh qemu-system-x86_64 switch_root pivot_root rpcgen aria2c tshark wireshark certbot multilog dstat scrot super calife sudo-rs ksu tasksh tmate rsync-ssl nodemon pm2 supervisorctl forever watchexec hyperfine mpirun srun sbatch',
};

const KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries(UNSEEN).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)),
);

/** Kind of what a program runs unseen; undefined where it is none of these. */
export function unseenKind(name: string): string | undefined {
  return KINDS.get(name) ?? (/^(?:ld(?:-linux|-musl|\.so)|qemu-)/.test(name) ? 'runs' : undefined);
}

/** Those of them that answer `--version` and do nothing else; others read what to do from a terminal or standard input all the same. */
const VERSIONED: ReadonlySet<string> = new Set(
  'vim nvim view vimdiff nano emacs emacsclient less man info w3m lynx htop gdb lldb mc screen tmux lftp zsh ksh fish tcsh pwsh R Rscript julia scala java elixir guile racket sbcl clisp octave gnuplot m4 psql mysql mariadb sqlite3 mongo mongosh mongod groovy jshell dotnet ghc swift zig'.split(
    ' ',
  ),
);

/** Whether a program only says which version it is. */
export function isVersion(name: string, args: readonly Argument[]): boolean {
  const [, word, more] = args;
  if (word === undefined || more !== undefined) return false;
  if (word.text !== '--version' && word.text !== '--help') return false;
  const kind = KINDS.get(name);
  // The help of some is shown by a pager.
  if (kind === 'escape' || kind === 'code') return word.text === '--version' && VERSIONED.has(name);
  // It takes the option for one of a text on standard input.
  return !name.startsWith('tclsh');
}

/** Interpreters that have a text for them on the command line, in a file, or on standard input. */
const INTERPRETER = /^(?:python|pypy|perl|ruby|jruby|node|nodejs|php|lua|tclsh|raku)[0-9.]*$/;

export function isInterpreter(name: string): boolean {
  return INTERPRETER.test(name);
}
