/** Options and parts by which a program runs a command, or reads what to run from a file. */
export interface Hazard {
  /** Letters of short options. */
  readonly short?: string;
  /** Long names, without the dashes; any beginning of one counts, as getopt has it. */
  readonly long?: readonly string[];
  /** Words anywhere among the arguments. */
  readonly words?: readonly string[];
  /** Letters of short options whose value is the next word, which is then no option. */
  readonly values?: string;
  /** What an argument has that is such a part by itself. */
  readonly matching?: RegExp;
  /** Letters count in a first argument without a dash, too. */
  readonly isOldStyle?: true;
}

/** From the manuals of these programs; what is not in it is judged by its words alone. */
export const HAZARDS: Readonly<Record<string, Hazard>> = {
  tar: {
    short: 'IF',
    long: [
      'to-command',
      'use-compress-program',
      'checkpoint-action',
      'rsh-command',
      'info-script',
      'new-volume-script',
      'rmt-command',
    ],
    isOldStyle: true,
  },
  bsdtar: { short: 'I', long: ['use-compress-program'], isOldStyle: true },
  cpio: { short: 'F', long: ['rsh-command', 'rmt-command'] },
  rsync: {
    short: 'eM',
    long: ['rsh', 'rsync-path', 'remote-option', 'config', 'daemon', 'early-exec', 'temp-dir'],
  },
  scp: { short: 'SoFD' },
  sftp: { short: 'SoFDbs' },
  'ssh-keygen': { short: 'Dw' },
  'ssh-add': { short: 's' },
  zip: { short: 'T', long: ['test', 'unzip-command'] },
  sort: { short: 'T', long: ['compress-program', 'temporary-directory'] },
  split: { long: ['filter'] },
  curl: { short: 'K', long: ['config', 'engine'] },
  wget: { short: 'e', long: ['use-askpass', 'execute', 'config'] },
  install: { short: 's', long: ['strip', 'strip-program'] },
  systemctl: {
    short: 'HM',
    long: ['host', 'machine', 'root', 'image'],
    words: ['edit', 'link', 'set-environment', 'import-environment'],
  },
  journalctl: { long: ['root', 'image'] },
  nmap: { long: ['script', 'interactive', 'datadir'] },
  tcpdump: { short: 'z' },
  ip: { short: 'b', long: ['batch'], words: ['exec', 'netns', 'vrf'] },
  tc: { short: 'b', long: ['batch'] },
  iptables: { short: 'M', long: ['modprobe'] },
  ip6tables: { short: 'M', long: ['modprobe'] },
  rg: { long: ['pre', 'pre-glob', 'hostname-bin'] },
  fd: { short: 'xX', long: ['exec', 'exec-batch'] },
  fdfind: { short: 'xX', long: ['exec', 'exec-batch'] },
  fzf: { long: ['preview', 'bind', 'execute', 'listen'] },
  bat: { long: ['pager', 'paging'] },
  ack: { long: ['pager', 'ackrc'] },
  ag: { long: ['pager'] },
  sdiff: { long: ['diff-program'] },
  diff3: { long: ['diff-program'] },
  patch: { short: 'eg', long: ['ed', 'get'] },
  gpg: {
    long: [
      'exec-path',
      'photo-viewer',
      'agent-program',
      'pinentry-mode',
      'options',
      'homedir',
      'dirmngr-program',
    ],
  },
  openssl: { words: ['-engine', '-provider-path', '-provider', 'engine'] },
  sysctl: { short: 'p', long: ['load', 'system'] },
  mount: { short: 'tio', long: ['types', 'options', 'internal-only'] },
  pg_dump: { long: ['compress'] },
  pg_basebackup: { long: ['target'] },
  printf: { short: 'v' },
  hash: { short: 'p' },
  jobs: { short: 'x' },
  wait: { short: 'p' },
  // The name of a file in a folder of its own, unless it is a path.
  service: { matching: /\// },
  'apt-cache': { short: 'oc', long: ['option', 'config-file'] },
  'apt-config': { short: 'oc', long: ['option', 'config-file'] },
  'apt-mark': { short: 'oc', long: ['option', 'config-file'] },
  pidstat: { short: 'e' },
  dmesg: { short: 'H', long: ['human'] },
  ar: { long: ['plugin'] },
  nm: { long: ['plugin'] },
  ranlib: { long: ['plugin'] },
  mdadm: { short: 'p', long: ['program', 'alert'] },
  svn: { long: ['config-option', 'config-dir', 'editor-cmd', 'diff-cmd', 'diff3-cmd'] },
};
