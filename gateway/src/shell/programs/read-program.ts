import type { Argument } from '../arguments.ts';
import { builtinReader } from './builtins.ts';
import { filesOf } from './file-programs.ts';
import { readFind, readXargs } from './find.ts';
import { readGit } from './git.ts';
import { HAZARDS } from './hazards.ts';
import { PLAIN, type ProgramFacts, type ProgramReader, unseen } from './program-facts.ts';
import { findHazard } from './read-hazards.ts';
import { readCluster, readContainer, readSsh } from './remote.ts';
import { isPosixShell, readShell, readSu, readWatch } from './shells.ts';
import { readTest } from './test-command.ts';
import { readAwk, readSed } from './text-programs.ts';
import { isInterpreter, isVersion, unseenKind } from './unseen-programs.ts';
import { readWrapper, wrapperNames } from './wrappers.ts';

const READERS: Readonly<Record<string, ProgramReader>> = {
  find: readFind,
  xargs: readXargs,
  git: readGit,
  ssh: readSsh,
  su: readSu,
  watch: readWatch,
  docker: readContainer,
  podman: readContainer,
  kubectl: readCluster,
  oc: readCluster,
  awk: readAwk,
  gawk: readAwk,
  mawk: readAwk,
  nawk: readAwk,
  sed: readSed,
  gsed: readSed,
  test: readTest,
  '[': readTest,
};

/** Reads what a program is about to do from its arguments; `name` is canonical. */
export function readProgram(name: string, args: readonly Argument[]): ProgramFacts {
  const last = name.includes('/') ? lastPart(name) : name;
  const plain = last.replace(TARGET, '').replace(VARIANT, '');
  const own = !isKnown(last) && isKnown(plain) ? plain : last;
  const reader = Object.hasOwn(READERS, own) ? READERS[own] : undefined;
  if (reader !== undefined) return reader(args, own);
  if (wrapperNames.has(own)) return readWrapper(args, own);
  if (isPosixShell(own)) return readShell(args, own);
  if (isInterpreter(own)) return readInterpreter(args, own);
  const kind = unseenKind(own);
  if (kind !== undefined) return isVersion(own, args) ? PLAIN : unseen(kind, own);
  const builtin = name.includes('/') ? undefined : builtinReader(own);
  if (builtin !== undefined) return builtin(args, own);
  return readPlain(own, args);
}

/** The machine that a program is built for, in front of its name or behind it: `x86_64-linux-gnu-gcc-12`, `perl5.36-x86_64-linux-gnu`. */
const TARGET = /^[a-z0-9_]+-linux-[a-z0-9]+-|-[a-z0-9_]+-linux-[a-z0-9]+$/;

/** Versions and variants, under which systems have more than one of a program: `vim.tiny`, `ruby3.1`, `nc.openbsd`. */
const VARIANT =
  /(?:[.-]?[0-9][0-9.]*|[.-](?:basic|tiny|nox|gtk3?|athena|real|static|distrib|original|openbsd|traditional|multiarch|minimal|cgi|dbg|debug|bin|bfd|gold|beta[0-9]*))+$/;

function isKnown(name: string): boolean {
  return (
    Object.hasOwn(READERS, name) ||
    Object.hasOwn(HAZARDS, name) ||
    wrapperNames.has(name) ||
    isPosixShell(name) ||
    isInterpreter(name) ||
    unseenKind(name) !== undefined
  );
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function readPlain(name: string, args: readonly Argument[]): ProgramFacts {
  const files = filesOf(name, args);
  const hazard = Object.hasOwn(HAZARDS, name) ? HAZARDS[name] : undefined;
  const found = hazard === undefined ? 'none' : findHazard(args, hazard);
  if (found === 'none') return { ...PLAIN, ...files };
  return unseen(found === 'found' ? 'options' : 'arguments', name, files);
}

/** A text on the command line, a file, or standard input: none of them is read here. */
const readInterpreter: ProgramReader = (args, name) => {
  if (isVersion(name, args)) return PLAIN;
  const [, first, second] = args;
  if (first === undefined || first.text === '-') return unseen('stdin', name);
  if (first.text === '-m' && second?.text !== undefined) return unseen('module', second.text);
  if (first.text === undefined || first.text.startsWith('-')) return unseen('code', name);
  return { ...PLAIN, script: first.word, reads: [{ word: first.word, isDeep: false }] };
};
