import { describe, expect, it } from 'vitest';
import type { SettingChange } from '../../../sql/postgres/statement-info.ts';
import { toKnownRoutines } from './routines.ts';
import { SessionState } from './session-state.ts';

function set(state: SessionState, name: string, value?: string): void {
  const change: SettingChange = { name, scope: 'session', ...(value === undefined ? {} : { value }) };
  state.note([{ kind: 'SET', returnsRows: false, settings: [change], location: { start: 0, end: 0 } }]);
}

describe('P2: the candidate schemas of a session', () => {
  it('only grow, so that a rollback or RESET cannot make a judgement too loose', () => {
    const state = new SessionState(['public'], 'app');
    set(state, 'search_path', '"secret", Public');
    set(state, 'search_path');
    expect(state.searchPath).toEqual(['public', 'secret']);
  });

  it('are read as PostgreSQL reads them: ASCII is folded, long names are cut, quotes may stand inside', () => {
    const state = new SessionState(['public'], 'app');
    set(state, 'search_path', `SCHÄMA, ${'x'.repeat(70)}, se"cret, a\u00a0b, "A ""b"""`);
    expect(state.searchPath).toEqual(['public', 'schÄma', 'x'.repeat(63), 'se"cret', 'a\u00a0b', 'A "b"']);
  });

  it('follow what $user stands for', () => {
    const state = new SessionState(['$user', 'public'], 'app_login');
    expect(state.searchPath).toEqual(['app_login', 'public']);
    set(state, 'role', 'auditor');
    expect(state.searchPath).toEqual(['app_login', 'public', 'auditor']);
    const other = new SessionState(['public'], 'app_login');
    set(other, 'role', 'auditor');
    expect(other.searchPath).toEqual(['public']);
    set(other, 'search_path', '"$user"');
    expect(other.searchPath).toEqual(['public', 'app_login', 'auditor']);
  });

  it('lose pg_catalog in front once it was behind another', () => {
    const state = new SessionState(['pg_catalog', 'public'], 'app');
    set(state, 'search_path', 'evil, pg_catalog');
    expect(state.searchPath).toEqual(['public', 'evil', 'pg_catalog']);
  });

  it('take in what the server reports', () => {
    const state = new SessionState(['public'], 'app');
    const before = state.epoch;
    state.noteReportedPath('"$user", "Odd, name"');
    expect(state.searchPath).toEqual(['public', 'app', 'Odd, name']);
    expect(state.epoch).toBeGreaterThan(before);
  });
});

describe('P3: functions that the server told of', () => {
  const some = {
    functions: new Map([['lower', ['public']]]),
    operators: new Map([['+', ['public']]]),
    rowFunctions: new Map([['full_name', ['public']]]),
    columns: new Set(['public\0staff\0full_name']),
    added: new Set(['pg_file_write']),
    tooMany: { functions: false, operators: false, rowFunctions: false, added: false },
  };

  it('are known by name', () => {
    const { catalog } = toKnownRoutines(some);
    expect([catalog.overloads('lower'), catalog.overloads('upper')]).toEqual([['public'], []]);
    expect([catalog.operatorOverloads('+'), catalog.operatorOverloads('-')]).toEqual([['public'], []]);
    expect([catalog.takesRow('full_name'), catalog.takesRow('other')]).toEqual([true, false]);
    expect(catalog.hasColumn('public', 'staff', 'full_name')).toBe(true);
    expect(catalog.hasColumn('public', 'customers', 'full_name')).toBe(false);
  });

  it('may be any where there are too many', () => {
    const all = toKnownRoutines({
      ...some,
      tooMany: { functions: true, operators: true, rowFunctions: true, added: true },
    });
    expect([all.catalog.overloads('upper'), all.catalog.operatorOverloads('-')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(all.catalog.takesRow('other')).toBe(true);
    expect(all.key).not.toBe(toKnownRoutines(some).key);
  });

  it('P10: follows so many schemas and roles and no more, whoever names them', () => {
    const tooMany = (whose: 'CLIENT' | 'SERVER'): unknown =>
      expect.objectContaining({ code: `ERR_POSTGRES_${whose}_PROTOCOL` });
    const path = (from: number, count: number): string =>
      Array.from({ length: count }, (_, index) => `s${from + index}`).join(', ');
    const state = new SessionState(['public'], 'app');
    state.noteReportedPath(path(0, 400));
    state.noteReportedPath(path(0, 400));
    expect(() => state.noteReportedPath(path(400, 400))).toThrowError(tooMany('SERVER'));
    const other = new SessionState(['public'], 'app');
    expect(() => other.noteReportedPath(path(0, 200_000))).toThrowError(tooMany('SERVER'));
    const third = new SessionState(['public'], 'app');
    expect(() => set(third, 'search_path', path(0, 600))).toThrowError(tooMany('CLIENT'));
    const fourth = new SessionState(['public'], 'app');
    const roles = (): void => {
      for (let i = 0; i < 1_000; i += 1) set(fourth, 'role', `r${i}`);
    };
    expect(roles).toThrowError(tooMany('CLIENT'));
  });
});
