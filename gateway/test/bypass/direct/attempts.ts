/** The lists of attempts whose direct side is tried here, beside those whose suites try it themselves. */
import { UNBOUNDED } from '../cases/boundedness.ts';
import { DENIED } from '../cases/deny-list.ts';
import type { Evasion } from '../cases/evasion.ts';
import { FUNCTIONS } from '../cases/functions.ts';
import { HOOP_INSPECT, HOOP_RULES } from '../cases/hoop.ts';
import { INCIDENTS } from '../cases/incidents.ts';
import { LEXICAL } from '../cases/lexical.ts';
import { NAMES } from '../cases/names.ts';
import { type Conversation, STATE } from '../cases/session-state.ts';
import { ABOUT_NOTHING, SCHEMA, SETTINGS, UTILITY, WRITES } from '../cases/statements.ts';
import { CODE } from '../masks/cases/code.ts';
import { COMPUTED } from '../masks/cases/computed.ts';
import { CONVERSATIONS } from '../masks/cases/conversations.ts';
import { COPIES } from '../masks/cases/copies.ts';
import { EXPRESSIONS } from '../masks/cases/expressions.ts';
import { INFERENCES } from '../masks/cases/inferences.ts';
import { NAMES as MASKED_NAMES } from '../masks/cases/names.ts';
import { PLAIN_COLUMNS } from '../masks/cases/plain-columns.ts';
import { WORDS } from '../masks/cases/words.ts';
import type { MaskAttack } from '../masks/mask-attack.ts';

/** Those of the restrictive policy and of the deny rules, by what they are. */
export const EVASIONS: Readonly<Record<string, readonly Evasion[]>> = {
  'rules of hoop': HOOP_RULES,
  'blind spots of hoopinspect': HOOP_INSPECT,
  incidents: INCIDENTS,
  names: NAMES,
  functions: FUNCTIONS,
  'unbounded writes': UNBOUNDED,
  'schema, rights and code': SCHEMA,
  'utility statements': UTILITY,
  settings: SETTINGS,
  'writes that are not granted': WRITES,
  'lexical tricks': LEXICAL,
  'statements about nothing': ABOUT_NOTHING,
  'what deny rules name': DENIED,
};

/** Text that is not grammatical runs nowhere. */
export const isAttempt = ({ code, harmless }: Evasion): boolean => code !== '42601' && harmless === undefined;

/** Conversations. */
export const STATES: readonly Conversation[] = STATE;

/** Attacks on masks. */
export const MASK_ATTACKS: Readonly<Record<string, readonly MaskAttack[]>> = {
  'plain columns': PLAIN_COLUMNS,
  expressions: EXPRESSIONS,
  'what is computed': COMPUTED,
  'what can be inferred': INFERENCES,
  'copies of values': COPIES,
  'names of masked tables': MASKED_NAMES,
  'code of the attacker': CODE,
  'words beside results': WORDS,
  conversations: CONVERSATIONS,
};

/** What is sent in several ways is one attack. */
export const isAttack = ({ harmless, isRepeated }: MaskAttack): boolean =>
  harmless === undefined && isRepeated === undefined;
