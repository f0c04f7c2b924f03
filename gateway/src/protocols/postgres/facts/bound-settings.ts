/** Settings that a statement names by a parameter: `current_setting($1)` is known when the parameter is bound. */
import type { Atom, Facts } from '../../../model/facts.ts';
import { Statement } from './statement.ts';

/** How the facts name such a setting; no setting of PostgreSQL can be called so. */
const PARAMETER = /^\$([1-9][0-9]{0,5})$/;

/** Stands for a name that is NULL, not text, or not there. */
const ANY = '*';

/** Names of settings by parameter, as `$1` → `timezone`. */
export type BoundSettings = ReadonlyMap<string, string>;

/**
 * The statement with these parameters in place of `$n`, wherever it names a setting. The value of a text or varchar
 * parameter is its bytes in both formats.
 */
export function bindSettings(statement: Statement, values: readonly (Buffer | undefined)[]): Statement {
  if (!statement.namesSettingsByParameter) return statement;
  const names = new Set(statement.facts.statements.flatMap((one) => one.atoms.flatMap(settingsOf)));
  const bound = new Map<string, string>();
  for (const name of names) {
    const number = PARAMETER.exec(name)?.[1];
    if (number !== undefined) bound.set(name, settingName(values[Number(number) - 1]));
  }
  return withSettings(statement, bound);
}

/** The same, for a statement that was read anew. */
export function withSettings(statement: Statement, bound: BoundSettings): Statement {
  const rename = (name: string): string => bound.get(name) ?? name;
  const statements = statement.facts.statements.map((one) => {
    const { settings } = one.attributes;
    const shown = Array.isArray(settings) ? settings.map((name) => rename(String(name))).sort() : settings;
    return {
      ...one,
      atoms: one.atoms.map((atom) => renamed(atom, rename)),
      attributes: { ...one.attributes, ...(shown === undefined ? {} : { settings: shown }) },
    };
  });
  const facts: Facts = { ...statement.facts, statements };
  const { isCacheable, readKey, parameterTypes, sentAs } = statement;
  return new Statement(statement.text, facts, statement.infos, {
    isCacheable,
    parameterTypes,
    ...(readKey === undefined ? {} : { readKey }),
    boundSettings: bound,
    ...(sentAs === undefined ? {} : { sentAs }),
  });
}

function settingsOf(atom: Atom): readonly string[] {
  return atom.values['settings'] ?? [];
}

function renamed(atom: Atom, rename: (name: string) => string): Atom {
  const settings = settingsOf(atom);
  const shown = settings.map(rename);
  if (shown.every((name, index) => name === settings[index])) return atom;
  const kinds = atom.values['kinds'] ?? [];
  return { label: `${kinds.join(', ')} ${shown.join(', ')}`, values: { ...atom.values, settings: shown } };
}

function settingName(value: Buffer | undefined): string {
  if (value === undefined) return ANY;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value).toLowerCase();
  } catch {
    return ANY;
  }
}
