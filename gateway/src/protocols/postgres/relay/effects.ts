/** What a completed statement changes in the session's names: prepared statements, portals, cursors. */

import type { Verdict } from '../../../enforcement/gate.ts';
import { countTogether, type Delivered, nothingDelivered } from '../../../enforcement/limits/result-meter.ts';
import type { Facts, FieldUse } from '../../../model/facts.ts';
import type { SqlStatementInfo } from '../../../sql/postgres/statement-info.ts';
import { readsCursor, Statement } from '../facts/statement.ts';
import { NameBudget, type SharedNameBudget } from './name-budget.ts';
import { NameTable } from './names.ts';
import type { Portal } from './portal.ts';

/** A SQL cursor: what FETCH reads from it. */
export interface Cursor {
  readonly statement: Statement;
  /** Estimated memory, in bytes. */
  readonly weight: number;
  /** On which it was declared: people who agreed to that agreed to its rows. */
  readonly verdict: Verdict;
  /** What was fetched of it so far. */
  delivered: Delivered;
}

/** The names of one session. SQL's PREPARE and the Parse message share one namespace on the server. */
export interface SessionNames {
  readonly statements: NameTable<Statement>;
  readonly portals: NameTable<Portal>;
  /** SQL cursors, by name: what FETCH reads from. */
  readonly cursors: NameTable<Cursor>;
  /** What they may hold together; closed with the session. */
  readonly budget: NameBudget;
}

/** Makes the empty names of a new session. */
export function createSessionNames(shared: SharedNameBudget): SessionNames {
  const budget = new NameBudget(shared);
  return {
    statements: new NameTable(budget),
    portals: new NameTable(budget),
    cursors: new NameTable(budget),
    budget,
  };
}

/** Takes in that the server completed statement `index` of a text. */
export function applyEffect(
  names: SessionNames,
  statement: Statement,
  index: number,
  verdict: Verdict,
): void {
  const info = statement.infos[index];
  if (info === undefined) return;
  if (info.prepare !== undefined) names.statements.set(info.prepare.name, only(statement, index));
  if (info.deallocate !== undefined) {
    if (info.deallocate.name === undefined) names.statements.clear();
    else names.statements.delete(info.deallocate.name);
  }
  if (info.cursor !== undefined)
    applyCursor(names, info.cursor, () => newCursor(only(statement, index), verdict));
}

function applyCursor(
  names: SessionNames,
  cursor: NonNullable<SqlStatementInfo['cursor']>,
  declared: () => Cursor,
): void {
  if (cursor.action === 'close' && cursor.name === undefined) {
    names.cursors.clear();
    names.portals.clear();
    return;
  }
  if (cursor.name === undefined) return;
  // Cursors and portals share one namespace on the server: what we knew of the name is void.
  if (cursor.action === 'close') names.cursors.delete(cursor.name);
  if (cursor.action === 'declare') names.cursors.set(cursor.name, declared());
  if (cursor.action === 'close' || cursor.action === 'declare') names.portals.delete(cursor.name);
}

function newCursor(statement: Statement, verdict: Verdict): Cursor {
  return { statement, weight: statement.weight, verdict, delivered: nothingDelivered() };
}

/** The cursor of a text that is one FETCH and nothing else. */
export function cursorRead(statement: Statement, names: SessionNames): Cursor | undefined {
  const [info, more] = statement.infos;
  if (info === undefined || more !== undefined || !readsCursor(info)) return undefined;
  const name = info.cursor?.name ?? '';
  return names.portals.get(name) === undefined ? names.cursors.get(name) : undefined;
}

/** What was delivered before of what the statement's FETCHes read; undefined where it has none. */
export function deliveredBefore(statement: Statement, names: SessionNames): Delivered | undefined {
  if (!statement.usesNames) return undefined;
  const read = statement.infos.filter(readsCursor).map(({ cursor }) => cursor?.name ?? '');
  // A portal and a cursor of one name cannot be at once; what is known of the portal is the newer.
  return countTogether(read.flatMap((name) => names.portals.get(name) ?? names.cursors.get(name) ?? []));
}

/** The part of a text that one of its statements stands for. */
function only(statement: Statement, index: number): Statement {
  if (statement.infos.length === 1) return statement;
  const info = statement.infos[index];
  const facts = statement.facts.statements[index];
  if (info === undefined || facts === undefined) return statement;
  const { start, end } = info.location;
  const moved = facts.fields === undefined ? facts : { ...facts, fields: facts.fields.map(movedBy(start)) };
  const alone: Facts = { ...statement.facts, statements: [moved] };
  const piece = statement.sentAs?.pieces[index];
  return new Statement(statement.text.slice(start, end), alone, [info], {
    ...(piece === undefined ? {} : { sentAs: { text: piece, pieces: [piece] } }),
  });
}

/** Literals have their places in the text. */
function movedBy(start: number): (use: FieldUse) => FieldUse {
  return (use) => {
    const { values } = use;
    if (values === undefined) return use;
    return { ...use, values: { ...values, literals: values.literals.map((at) => at - start) } };
  };
}
