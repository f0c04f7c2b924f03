import { type Argument, endOfOptions } from '../arguments.ts';

/** Long names of letters, for programs that are known to do harm. */
const LETTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rm: { r: 'recursive', R: 'recursive', f: 'force', d: 'dir', i: 'interactive', v: 'verbose' },
  cp: { r: 'recursive', R: 'recursive', a: 'archive', f: 'force', t: 'target-directory' },
  mv: { f: 'force', n: 'no-clobber', t: 'target-directory' },
  chmod: { R: 'recursive', f: 'silent', v: 'verbose' },
  chown: { R: 'recursive', f: 'silent', h: 'no-dereference' },
  chgrp: { R: 'recursive', f: 'silent', h: 'no-dereference' },
  mkdir: { p: 'parents', m: 'mode' },
  shred: { u: 'remove', z: 'zero', n: 'iterations', f: 'force' },
  truncate: { s: 'size', r: 'reference' },
  ln: { s: 'symbolic', f: 'force' },
  grep: { r: 'recursive', R: 'dereference-recursive', i: 'ignore-case' },
  curl: {
    o: 'output',
    O: 'remote-name',
    X: 'request',
    d: 'data',
    F: 'form',
    T: 'upload-file',
    k: 'insecure',
    x: 'proxy',
    H: 'header',
    u: 'user',
    L: 'location',
    K: 'config',
  },
  wget: { O: 'output-document', r: 'recursive', e: 'execute', i: 'input-file', P: 'directory-prefix' },
  systemctl: { f: 'force', H: 'host', M: 'machine', t: 'type' },
  journalctl: { u: 'unit', f: 'follow', n: 'lines', b: 'boot' },
  git: { f: 'force', d: 'delete', D: 'delete' },
  docker: { f: 'force', v: 'volume', u: 'user', e: 'env' },
  kubectl: { n: 'namespace', f: 'filename', l: 'selector', A: 'all-namespaces' },
  reboot: { f: 'force' },
  kill: { s: 'signal', l: 'list' },
  mount: { o: 'options', t: 'types' },
};

/** Programs whose options are words behind one dash. */
const SINGLE_DASH: ReadonlySet<string> = new Set([
  'find',
  'openssl',
  'java',
  'terraform',
  'tofu',
  'packer',
  'ffmpeg',
  'go',
]);

const MOST = 64;

/**
 * Options among arguments in all forms that they may have: letters one by one, and by their long names where those are
 * known; long names without values, and whole where they are only begun. `*` where a word may be an option that is not known.
 */
export function flagsOf(name: string, args: readonly Argument[]): readonly string[] {
  const flags = new Set<string>();
  const letters = Object.hasOwn(LETTERS, name) ? LETTERS[name] : undefined;
  const end = endOfOptions(args);
  for (const { text, lead } of args.slice(1, end === -1 ? undefined : end)) {
    if (text === undefined && (lead === '' || lead.startsWith('-'))) flags.add('*');
    if (text === undefined || !text.startsWith('-') || text === '-' || text === '--') continue;
    for (const flag of formsOf(text, { letters, isWord: SINGLE_DASH.has(name) })) flags.add(flag);
    if (flags.size > MOST) return ['*'];
  }
  return [...flags].sort();
}

function formsOf(
  text: string,
  { letters, isWord }: { letters: Readonly<Record<string, string>> | undefined; isWord: boolean },
): readonly string[] {
  const name = text.split('=', 1)[0] ?? text;
  if (text.startsWith('--')) return [name, ...longForms(name.slice(2), letters)];
  if (isWord) return [name];
  const single = [...text.slice(1)].filter((letter) => /[A-Za-z0-9]/.test(letter));
  const forms = single.flatMap((letter) => {
    const long = letters !== undefined && Object.hasOwn(letters, letter) ? letters[letter] : undefined;
    return long === undefined ? [`-${letter}`] : [`-${letter}`, `--${long}`];
  });
  return text.length > 2 && letters === undefined ? [name, ...forms] : forms;
}

/** The whole name of one that is only begun, and its letters. */
function longForms(begun: string, letters: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.entries(letters ?? {})
    .filter(([, long]) => begun !== '' && long.startsWith(begun))
    .flatMap(([letter, long]) => [`--${long}`, `-${letter}`]);
}
