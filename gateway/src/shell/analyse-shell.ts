import type { Facts } from '../model/facts.ts';
import type { Fault } from './characters.ts';
import type { CommandFacts } from './command-facts.ts';
import { refusedFacts, shellFacts } from './facts.ts';
import { judgeScript } from './judge-script.ts';
import { inLastingShell, type LastingShell } from './lasting-shell.ts';
import { parseShell } from './read/parse.ts';
import type { Judging, Scene } from './scene.ts';
import type { Script } from './syntax.ts';
import { writeChecked } from './write-checked.ts';

/** What is known of the account and session in which a text would run. */
export interface ShellSurroundings {
  /** Folder in which it starts, canonical: no part of it is a link. */
  readonly folder?: string;
  /** Home folder of the account, canonical. */
  readonly home?: string;
  /** The client asked for a terminal (RFC 4254 section 6.2): some programs start a pager then. */
  readonly hasTerminal?: boolean;
  /** It runs in a shell that stays, as one line of several. */
  readonly lasting?: LastingShell;
}

/** A command text as policy sees it, and as it is sent. */
export interface ShellAnalysis {
  readonly facts: Facts;
  /** Each simple command, however deep; empty where the text cannot be read. */
  readonly commands: readonly CommandFacts[];
  /**
   * The one text that may be sent upstream: every word quoted, so that every POSIX shell reads it as it was judged. Undefined where
   * something cannot be judged, which denies.
   */
  readonly canonical: string | undefined;
}

/**
 * Analyses the text of a command as a client sent it (RFC 4254 section 6.5: any bytes, no line end). Takes a time and memory that are bounded by
 * the length, and never throws: what cannot be read is in the facts, and denies.
 */
export function analyseShell(text: string | Uint8Array, surroundings: ShellSurroundings = {}): ShellAnalysis {
  const decoded = typeof text === 'string' ? text : decode(text);
  const parsed =
    decoded === undefined
      ? ({ ok: false, fault: { reason: 'bytes that are no UTF-8', at: 0 } } as const)
      : parseShell(decoded);
  if (!parsed.ok) return refused(parsed.fault);
  if (parsed.script.items.length === 0) return refused({ reason: 'a text without a command', at: 0 });
  try {
    return judge(parsed.script, surroundings);
  } catch {
    return refused({ reason: 'text that cannot be judged', at: 0 });
  }
}

function judge(
  script: Script,
  { folder, home, hasTerminal = false, lasting }: ShellSurroundings,
): ShellAnalysis {
  const judging: Judging = { commands: [], judgeScript };
  const judged = judgeScript(script, { ...OUTSIDE, folder, home, hasTerminal }, judging);
  const commands =
    lasting === undefined ? judging.commands : judging.commands.map((one) => inLastingShell(one, lasting));
  if (commands.length === 0) return refused({ reason: 'a text without a command', at: 0 });
  const isJudged = commands.every(({ faults }) => faults.length === 0);
  if (!isJudged) return { facts: shellFacts(commands), commands, canonical: undefined };
  const written = writeChecked(judged, 0);
  if (!written.ok) return refused({ reason: written.reason, at: 0 });
  return { facts: shellFacts(commands), commands, canonical: written.text };
}

const OUTSIDE: Scene = {
  folder: undefined,
  home: undefined,
  users: [],
  via: [],
  isBackground: false,
  hasTerminal: false,
  depth: 0,
  input: undefined,
  at: undefined,
};

function refused({ reason, at }: Fault): ShellAnalysis {
  return { facts: refusedFacts(`${reason}, at character ${at + 1}`), commands: [], canonical: undefined };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
