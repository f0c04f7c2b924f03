import type { Atom, Facts, StatementFacts } from '../model/facts.ts';
import type { JsonValue } from '../model/json.ts';
import { type FileOperation, type FileTransport, filesFamily } from './facts-family.ts';

/** One thing that is done to files: a rule has to cover all of it. */
export interface FileUse {
  /** The first names it; the others have to be allowed by the same rule. */
  readonly operations: readonly [FileOperation, ...FileOperation[]];
  /** Absolute, links resolved; with `/**` behind it for all that is below. */
  readonly paths: readonly string[];
  /** For denials: the path as it was asked for, so that nothing is told of where links lead. */
  readonly asked: string;
}

/** A request for files, as far as it is known before anything of it is done. */
export interface FileAct {
  readonly via: FileTransport;
  readonly uses: readonly [FileUse, ...FileUse[]];
  /** What passes unseen. */
  readonly opaque?: readonly string[];
  /** Why it cannot be judged at all. */
  readonly faults?: readonly string[];
  readonly target?: string;
  /** Undefined: not known. */
  readonly size?: number | undefined;
  readonly mode?: number | undefined;
  readonly sets?: readonly string[];
  readonly appends?: boolean;
  readonly creates?: boolean;
  readonly truncates?: boolean;
  readonly recursive?: boolean;
}

const LONGEST_LABEL = 160;

/** How it is done, not what: no rule allows anything by these alone. */
const DETAILS = ['via', 'opaque'];

/** The facts of a request for files. */
export function fileFacts(act: FileAct): Facts {
  const [first] = act.uses;
  const statement: StatementFacts = {
    summary: labelOf(first),
    atoms: act.uses.map((use) => atomOf(use, act)),
    attributes: attributesOf(act),
    ...(act.size === undefined ? { unknown: ['size'] } : {}),
    opaque: act.faults ?? [],
  };
  return { family: filesFamily.name, action: 'transfer', statements: [statement] };
}

/** One phrase for people: `READ on /srv/app/x`. */
export function labelOf({ operations: [operation], asked }: FileUse): string {
  const path = asked.replace(/[\p{Cc}\u2028\u2029]+/gu, '?');
  const shown = path.length > LONGEST_LABEL ? `${path.slice(0, LONGEST_LABEL)}…` : path;
  return shown === '' ? operation : `${operation} on ${shown}`;
}

function atomOf(use: FileUse, { via, opaque = [] }: FileAct): Atom {
  const { operations, paths } = use;
  return { label: labelOf(use), values: { operations, paths, via: [via], opaque }, details: DETAILS };
}

function attributesOf(act: FileAct): Readonly<Record<string, JsonValue>> {
  const { uses, via, size, mode = -1, sets = [], target = '' } = act;
  const [first] = uses;
  return {
    operation: first.operations[0],
    path: first.paths[0] ?? '',
    target,
    via,
    ...(size === undefined ? {} : { size }),
    mode,
    sets,
    appends: act.appends === true,
    creates: act.creates === true,
    truncates: act.truncates === true,
    recursive: act.recursive === true,
  };
}
