/** The command text of a client: what rules see of it, what goes on record, and the one text that may be sent. */
import type { Facts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import { withoutTokens } from '../../../session/login-name.ts';
import { analyseShell, type ShellAnalysis, type ShellSurroundings } from '../../../shell/analyse-shell.ts';
import type { SshAccount } from '../config.ts';
import type { ProgramRequest } from '../transport/server-connection.ts';
import { surroundingsRecord } from './surroundings.ts';

/** A command, before it is judged. */
export interface Command {
  readonly facts: Facts;
  /** Written by the gateway, every word quoted; undefined where the text cannot be judged, which denies. */
  readonly canonical: string | undefined;
  /** What people are asked for, and what else makes it the same; undefined where it cannot be told. */
  readonly asked: { readonly text: string; readonly settings: Readonly<Record<string, string>> } | undefined;
  /** One line, no arguments. */
  readonly summary: string;
  /** For the record, without what looks like a token. */
  readonly record: JsonObject;
}

/** Names that a summary has. */
const MOST_NAMES = 8;
/** What stands for bytes that are no UTF-8 when a text was decoded: the text is not what the client sent. */
const REPLACED = '\uFFFD';
const NO_UTF8 = Uint8Array.of(0xff);

/** Reads a command text. Never throws. @param terminal that it is to have, if the client asked for one */
export function readCommand(
  text: string,
  account: SshAccount,
  { terminal, environment }: Pick<ProgramRequest, 'terminal' | 'environment'>,
): Command {
  const { home } = account;
  // sshd starts commands in the home folder of the account.
  const analysis = analyseText(text, {
    ...(home === undefined ? {} : { home, folder: home }),
    hasTerminal: terminal !== undefined,
  });
  return commandOf(analysis, { account, text, more: surroundingsRecord({ terminal, environment }) });
}

/** Analyses a text that was decoded from what the client sent. */
export function analyseText(text: string, surroundings: ShellSurroundings): ShellAnalysis {
  return analyseShell(text.includes(REPLACED) ? NO_UTF8 : text, surroundings);
}

/** What is judged of a text, and what goes on record. */
export function commandOf(
  { facts, canonical }: ShellAnalysis,
  { account, text, more }: { readonly account: SshAccount; readonly text: string; readonly more: JsonObject },
): Command {
  const names = facts.statements.map(({ summary }) => summary);
  const rest = names.length > MOST_NAMES ? ', …' : '';
  return {
    facts,
    canonical,
    summary: names.slice(0, MOST_NAMES).join(', ') + rest,
    asked: canonical === undefined ? undefined : { text: canonical, settings: {} },
    record: {
      account: account.name,
      text: withoutTokens(text),
      ...(canonical === undefined || canonical === text ? {} : { sent: withoutTokens(canonical) }),
      ...more,
    },
  };
}
