import { type Argument, mayBeOption } from '../arguments.ts';
import { optionTable, readOptions } from './options.ts';
import { PLAIN, type ProgramReader, unseen } from './program-facts.ts';

/** Settings of ssh that run nothing and open nothing. */
const HARMLESS_SETTING =
  /^(?:BatchMode|ConnectTimeout|ConnectionAttempts|LogLevel|ServerAlive(?:Interval|CountMax)|StrictHostKeyChecking|UserKnownHostsFile|IdentitiesOnly|IdentityFile|Port|User|PreferredAuthentications)[= ][A-Za-z0-9_./,~-]+$/i;

const SSH = optionTable('p:l:i:o:46CqvTtnx');

/** `ssh host command`: the words make one text for the shell of the other machine. */
export const readSsh: ProgramReader = (args, name) => {
  const before = readOptions(args, 1, SSH);
  const host = before === undefined ? undefined : args[before.next];
  if (before === undefined || host === undefined || host.isMany) return unseen('options', name);
  const after = readOptions(args, before.next + 1, SSH);
  if (after === undefined) return unseen('options', name);
  const settings = [...before.options, ...after.options].filter((option) => option.name === '-o');
  if (settings.some(({ value }) => !HARMLESS_SETTING.test(value ?? ''))) return unseen('options', name);
  return shellText(args, after.next, name);
};

function shellText(args: readonly Argument[], from: number, name: string): ReturnType<ProgramReader> {
  if (from >= args.length) return { ...PLAIN, readsText: (text) => [...args.map(({ word }) => word), text] };
  if (args.slice(from).some(({ text }) => text === undefined)) return unseen('code', name);
  return { ...PLAIN, runs: [{ from, to: args.length, form: 'text', isElsewhere: true, keepsInput: true }] };
}

/** Parts of docker and podman that show and run nothing. */
const CONTAINER_SHOWS: ReadonlySet<string> = new Set([
  'ps',
  'images',
  'logs',
  'inspect',
  'stats',
  'top',
  'version',
  'info',
  'port',
  'diff',
  'events',
  'history',
  'wait',
  'stop',
  'start',
  'restart',
  'kill',
  'pause',
  'unpause',
  'rm',
  'rmi',
  'pull',
  'push',
  'tag',
  'rename',
  'login',
  'logout',
]);

const CONTAINER_EXEC = optionTable('itdu:w:e:', [
  'interactive',
  'tty',
  'detach',
  'user=',
  'workdir=',
  'env=',
]);

/** `docker exec container command`; containers that are made or built are not seen into. */
export const readContainer: ProgramReader = (args, name) => {
  const part = args[1]?.text;
  if (part !== undefined && CONTAINER_SHOWS.has(part)) return PLAIN;
  if (part !== 'exec') return unseen('container', name);
  const read = readOptions(args, 2, CONTAINER_EXEC);
  if (read === undefined) return unseen('options', name);
  const container = args[read.next];
  if (container === undefined || container.isMany || read.next + 1 >= args.length)
    return unseen('stdin', name);
  const environment = read.options.filter((option) => option.name === '-e' || option.name === '--env');
  return {
    ...PLAIN,
    variables: environment.map(({ value }) => value?.split('=', 1)[0] ?? '*'),
    runs: [{ from: read.next + 1, to: args.length, form: 'words', isElsewhere: true, keepsInput: true }],
  };
};

/** Parts of kubectl itself that run nothing here: another one may be a plugin, which is a program. */
const CLUSTER_KNOWN: ReadonlySet<string> = new Set(
  'get describe logs top explain api-resources api-versions cluster-info version auth apply create delete replace patch scale autoscale rollout set label annotate expose wait diff cordon uncordon drain taint certificate events exec'.split(
    ' ',
  ),
);

const CLUSTER_UNSEEN: ReadonlySet<string> = new Set([
  'run',
  'debug',
  'attach',
  'edit',
  'plugin',
  'proxy',
  'port-forward',
  'cp',
  'kustomize',
  'krew',
  'config',
]);

/** Another cluster, or another login: its configuration may name a program. */
const CLUSTER_CONFIGURED =
  /^(?:--(?:kubeconfig|as|server|token|insecure|context|cluster|user|client|certificate|tls|password)|-s)/;

/** `kubectl exec pod -- command`. */
export const readCluster: ProgramReader = (args, name) => {
  const isConfigured = args.some(({ lead }) => CLUSTER_CONFIGURED.test(lead));
  const read = readOptions(args, 1, optionTable('n:', ['namespace=']));
  const first = read === undefined ? undefined : args[read.next];
  if (isConfigured || first?.text === undefined) return unseen('options', name);
  if (CLUSTER_UNSEEN.has(first.text)) return unseen('runs', name);
  if (!CLUSTER_KNOWN.has(first.text)) return unseen('alias', name);
  const dashes = args.findIndex(({ text }) => text === '--');
  const before = dashes === -1 ? args : args.slice(0, dashes);
  if (before.some((arg) => arg.text === undefined && mayBeOption(arg))) return unseen('arguments', name);
  if (first.text !== 'exec') return PLAIN;
  if (dashes === -1 || before.some(({ isMany }) => isMany) || dashes + 1 >= args.length)
    return unseen('options', name);
  return {
    ...PLAIN,
    runs: [{ from: dashes + 1, to: args.length, form: 'words', isElsewhere: true, keepsInput: true }],
  };
};
