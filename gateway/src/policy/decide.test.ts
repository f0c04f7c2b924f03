import { describe, expect, it } from 'vitest';
import type { Decision } from '../model/decision.ts';
import type { StatementFacts } from '../model/facts.ts';
import { atom, compileText, type RequestParts, requestOf, statement } from './testing/store-family.ts';

function decideBy(rules: string, statements: readonly StatementFacts[], parts: RequestParts = {}): Decision {
  const policy = compileText(`apiVersion: sallyport.dev/v1\n${rules}`);
  return policy.engine.decide(requestOf(statements, parts));
}

const one = (
  kind: string,
  table?: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): StatementFacts[] => [statement([atom(kind, table, more)])];

describe('a decision', () => {
  it('denies what no rule allows', () => {
    expect(decideBy('rules: []', one('READ', 'a.t'))).toMatchObject({
      effect: 'deny',
      cause: 'default',
      rules: [],
      subject: 'READ on a.t',
    });
  });

  it('never combines two rules inside one atom', () => {
    const rules = `
rules:
  - { id: read-a, effect: allow, on: store, match: { kinds: [READ], tables: [x.a] } }
  - { id: write-b, effect: allow, on: store, match: { kinds: [WRITE], tables: [x.b] } }`;
    expect(decideBy(rules, one('WRITE', 'x.a')).effect).toBe('deny');
    expect(decideBy(rules, [statement([atom('READ', 'x.a'), atom('WRITE', 'x.b')])])).toMatchObject({
      effect: 'permit',
      rules: ['read-a', 'write-b'],
    });
  });

  it('P3: covers an ambiguous atom only if every candidate is covered, and denies it if any is hit', () => {
    const allow = `rules: [{ id: a, effect: allow, on: store, match: { kinds: [READ], tables: ["ok.*"] } }]`;
    const ambiguous = [statement([atom('READ', undefined, { tables: ['ok.t', 'secret.t'] })])];
    expect(decideBy(allow, ambiguous).effect).toBe('deny');
    const deny = `
rules:
  - { id: a, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: d, effect: deny, on: store, match: { tables: ["secret.*"] } }`;
    expect(decideBy(deny, ambiguous)).toMatchObject({ effect: 'deny', cause: 'rule', rules: ['d'] });
  });

  it('P3: takes a value `*` for everything: a deny of one of them hits, an allow of one of them does not cover', () => {
    const all = [statement([atom('ADMIN', undefined, { paths: ['*'] })])];
    const allow = (paths: string) =>
      `rules: [{ id: a, effect: allow, on: store, match: { paths: ["${paths}"] } }]`;
    expect(decideBy(allow('/a*'), all).effect).toBe('deny');
    expect(decideBy(allow('*'), all).effect).toBe('permit');
    const deny = `
rules:
  - { id: a, effect: allow, on: store }
  - { id: d, effect: deny, on: store, match: { paths: ["/secret"] } }`;
    expect(decideBy(deny, all)).toMatchObject({ effect: 'deny', rules: ['d'] });
  });

  it('P3: covers nothing that an allow rule says nothing of: what is on none of its objects, or of no kind', () => {
    const rules = `
rules:
  - { id: tables, effect: allow, on: store, match: { tables: ["a.*"] } }
  - { id: paths, effect: allow, on: store, match: { kinds: [READ, ADMIN], paths: ["/a*"] } }`;
    expect(decideBy(rules, one('READ', 'a.t'))).toMatchObject({ effect: 'permit', rules: ['tables'] });
    expect(decideBy(rules, one('ADMIN')).effect).toBe('deny');
    expect(decideBy(rules, one('READ', 'b.t')).effect).toBe('deny');
    expect(decideBy(rules, one('DROP', undefined, { paths: ['/b'] })).effect).toBe('deny');
    const nameless = [statement([{ label: 'nameless', values: { paths: ['/a'] } }])];
    expect(decideBy(rules, nameless).effect).toBe('deny');
  });

  it('P3: covers nothing with a value that an allow rule has to name and does not, but obliges there', () => {
    const rules = `
rules:
  - { id: all, effect: allow, on: store }
  - { id: reads, effect: allow, on: store, match: { kinds: [READ], tables: ["a.*"] }, limits: { rows: 5 } }
  - { id: opens, effect: allow, on: store, match: { tables: ["a.*"], streams: [open] } }`;
    expect(decideBy(rules, one('READ', 'a.t'))).toMatchObject({ rules: ['all', 'reads'] });
    const open = decideBy(rules, one('READ', 'a.t', { streams: ['open'] }));
    expect(open).toMatchObject({
      effect: 'permit',
      rules: ['opens'],
      obligations: [{ rule: 'reads', rows: 5 }],
    });
    expect(decideBy(rules, one('READ', 'a.t', { streams: ['open', 'send'] }))).toMatchObject({
      cause: 'default',
    });
    expect(decideBy(rules, one('READ', 'b.t', { streams: ['open'] }))).toMatchObject({ cause: 'default' });
    const deny = `${rules}\n  - { id: d, effect: deny, on: store, match: { kinds: [READ] } }`;
    expect(decideBy(deny, one('READ', 'a.t', { streams: ['open'] }))).toMatchObject({ rules: ['d'] });
  });

  it('P3: covers nothing without a value where one is needed; paths are exact for an allow and folded for a deny', () => {
    const rules = `
rules:
  - { id: calls, effect: allow, on: store, match: { routes: ["/g"], calls: ["Query.*"] } }
  - { id: routes, effect: allow, on: store, match: { routes: ["/v1/*"] } }
  - { id: no-admin, effect: deny, on: store, match: { routes: ["/v1/admin"] } }`;
    const at = (route: string, more = {}) => one('READ', undefined, { routes: [route], ...more });
    expect(decideBy(rules, at('/g', { calls: ['Query.a'] })).effect).toBe('permit');
    expect(decideBy(rules, at('/g', { calls: ['Query.a', 'Mutation.b'] })).effect).toBe('deny');
    expect(decideBy(rules, at('/g', { calls: [] })).effect).toBe('deny');
    expect(decideBy(rules, at('/g')).effect).toBe('deny');
    expect(decideBy(rules, at('/v1/a')).effect).toBe('permit');
    expect(decideBy(rules, at('/V1/a')).effect).toBe('deny');
    expect(decideBy(rules, at('/v1/a/b')).effect).toBe('deny');
    expect(decideBy(rules, at('/v1/ADMIN'))).toMatchObject({ effect: 'deny', rules: ['no-admin'] });
    expect(decideBy(rules, at('*'))).toMatchObject({ effect: 'deny', rules: ['no-admin'] });
  });

  it('P3: does not take a detail for the object: what a DELETE calls does not allow the DELETE', () => {
    const rules = 'rules: [{ id: r, effect: allow, on: store, match: { paths: ["/a"] } }]';
    const calling = { ...atom('DROP', 'x.secret', { paths: ['/a'] }), details: ['paths'] };
    expect(decideBy(rules, [statement([calling])])).toMatchObject({ effect: 'deny', cause: 'default' });
    const table = 'rules: [{ id: r, effect: allow, on: store, match: { tables: [x.t], paths: ["/a"] } }]';
    const on = (path: string) => ({ ...atom('DROP', 'x.t', { paths: [path] }), details: ['paths'] });
    expect(decideBy(table, [statement([on('/a')])]).effect).toBe('permit');
    expect(decideBy(table, [statement([on('/b')])]).effect).toBe('deny');
  });

  it('lets obligations act on what a rule is about alone', () => {
    const rules = `
rules:
  - { id: any, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: small, effect: allow, on: store, match: { kinds: [READ], tables: [a.t] }, approval: { by: [dba], within: 5m }, limits: { rows: 5 } }`;
    expect(decideBy(rules, one('READ'))).toMatchObject({ effect: 'permit', rules: ['any'], obligations: [] });
    expect(decideBy(rules, one('READ', 'a.t'))).toMatchObject({ rules: ['any', 'small'] });
  });

  it('P5: lets no ambiguous name, and no other column beside it, loosen what a rule obliges to', () => {
    const rules = `
rules:
  - { id: any, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: held, effect: allow, on: store, match: { kinds: [READ], tables: [a.t] }, approval: { by: [dba], within: 5m } }
  - { id: others, effect: allow, on: store, match: { kinds: [READ], tables: [b.u] }, limits: { rows: 5 } }
  - { id: watched, effect: allow, on: store, mode: observe, match: { kinds: [READ], tables: [a.t] }, limits: { rows: 1 } }`;
    const reading = (...tables: string[]) =>
      decideBy(rules, [
        statement([{ label: 'read', values: { kinds: ['READ'], classes: ['read'], tables } }]),
      ]);
    for (const tables of [['a.t'], ['x.t', 'a.t'], ['a.t', 'x.t'], ['a.*'], ['*']]) {
      const decision = reading(...tables);
      expect(decision, tables.join()).toMatchObject({ effect: 'permit' });
      expect(decision.effect === 'permit' && decision.obligations.map(({ rule }) => rule)).toContain('held');
    }
    expect(reading('x.t', 'a.t')).toMatchObject({ rules: ['any'], obligations: [{ rule: 'held' }] });
    expect(reading('x.t', 'y.t')).toMatchObject({ obligations: [] });
    expect(reading('x.t')).toMatchObject({ obligations: [] });
  });

  it('does not let a deny rule hit an atom that has nothing in its dimension', () => {
    const rules = `
rules:
  - { id: a, effect: allow, on: store, match: { kinds: [ADMIN] } }
  - { id: d, effect: deny, on: store, match: { tables: ["*"] } }`;
    expect(decideBy(rules, one('ADMIN')).effect).toBe('permit');
  });

  it('takes all deny rules that hit, in policy order, and the first message', () => {
    const rules = `
rules:
  - { id: d1, effect: deny, on: store, match: { kinds: [DROP] } }
  - { id: d2, effect: deny, on: store, match: { tables: ["a.*"] }, message: Ask first. }
  - { id: d3, effect: deny, on: store, match: { kinds: [READ] } }`;
    expect(decideBy(rules, [statement([atom('READ', 'b.t'), atom('DROP', 'a.t')])])).toMatchObject({
      rules: ['d1', 'd2', 'd3'],
      message: 'Ask first.',
      subject: 'DROP on a.t',
    });
  });

  it('P3: denies an opaque statement even where everything is allowed', () => {
    const rules = 'rules: [{ id: all, effect: allow, on: store }]';
    const statements = [
      statement([atom('READ', 'a.t')]),
      statement([atom('ADMIN')], { opaque: ['dynamic code'] }),
    ];
    expect(decideBy(rules, statements)).toMatchObject({
      effect: 'deny',
      cause: 'opaque',
      subject: 'dynamic code',
    });
  });

  it('P3: denies when the `when` of an allow or deny rule fails, and names the rule', () => {
    for (const effect of ['allow', 'deny']) {
      const rules = `
rules:
  - { id: all, effect: allow, on: store }
  - { id: broken, effect: ${effect}, on: store, when: store.bounded }`;
      expect(decideBy(rules, one('READ', 'a.t'))).toMatchObject({
        effect: 'deny',
        cause: 'error',
        rules: ['broken'],
      });
    }
  });

  it('runs `when` for the statement of the atom, not for its neighbours', () => {
    const rules = `
rules:
  - { id: read, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: write, effect: allow, on: store, match: { kinds: [WRITE] }, when: store.bounded }`;
    const write = (bounded: boolean) => statement([atom('WRITE', 'a.t')], { attributes: { bounded } });
    expect(decideBy(rules, [write(true), statement([atom('READ', 'a.t')])]).effect).toBe('permit');
    expect(decideBy(rules, [write(true), write(false)]).effect).toBe('deny');
  });

  it('P3: denies facts that hold nothing, and families it does not know', () => {
    const rules = 'rules: [{ id: all, effect: allow, on: store }]';
    expect(decideBy(rules, []).effect).toBe('deny');
    expect(decideBy(rules, [statement([])]).effect).toBe('deny');
    const request = requestOf(one('READ'));
    const unknown = { ...request, facts: { ...request.facts, family: 'toString' } };
    expect(compileText('apiVersion: sallyport.dev/v1').engine.decide(unknown).effect).toBe('deny');
  });

  it('reports rules in observe mode without acting on them, broken ones as a denial', () => {
    const rules = `
rules:
  - { id: all, effect: allow, on: store, match: { kinds: [READ] } }
  - { id: new-deny, effect: deny, mode: observe, on: store, match: { tables: ["a.*"] } }
  - { id: new-allow, effect: allow, mode: observe, on: store, mask: [{ columns: ["*.x"], with: redact }] }
  - { id: new-broken, effect: allow, mode: observe, on: store, when: store.bounded }`;
    expect(decideBy(rules, one('READ', 'a.t'))).toEqual({
      effect: 'permit',
      rules: ['all'],
      obligations: [],
      observed: [
        { rule: 'new-deny', effect: 'deny' },
        { rule: 'new-allow', effect: 'permit' },
        { rule: 'new-broken', effect: 'deny' },
      ],
      policy: { hash: 'test' },
    });
    expect(decideBy(rules, one('WRITE', 'b.t'))).toMatchObject({ effect: 'deny', cause: 'default' });
  });

  it('ends a rule at its `expires`, an allow as a deny', () => {
    const rules = `
rules:
  - { id: a, effect: allow, on: store, match: { kinds: [READ] }, expires: 2026-01-31 }
  - { id: d, effect: deny, on: store, match: { kinds: [WRITE] }, expires: "2026-01-31T12:00:00Z" }
  - { id: w, effect: allow, on: store, match: { kinds: [WRITE] } }`;
    const at = (instant: string) => ({ nowMs: Date.parse(instant) });
    expect(decideBy(rules, one('READ'), at('2026-01-31T23:59:59Z')).effect).toBe('permit');
    expect(decideBy(rules, one('READ'), at('2026-02-01T00:00:00Z')).effect).toBe('deny');
    expect(decideBy(rules, one('WRITE'), at('2026-01-31T11:59:59Z')).effect).toBe('deny');
    expect(decideBy(rules, one('WRITE'), at('2026-01-31T12:00:00Z')).effect).toBe('permit');
  });

  it('applies a freeze between its two instants and nowhere else', () => {
    const rules = `
freezes:
  - id: year-end
    on: store
    from: 2026-12-20
    until: 2027-01-02
    timezone: Europe/Berlin
    match: { labels: { env: [prod] }, kinds: [WRITE, DROP] }
    message: Frozen until 3 January.
rules: [{ id: all, effect: allow, on: store }]`;
    const frozen = { nowMs: Date.parse('2027-01-02T22:59:59Z') };
    expect(decideBy(rules, one('WRITE'), frozen)).toMatchObject({
      rules: ['year-end'],
      message: 'Frozen until 3 January.',
    });
    expect(decideBy(rules, one('READ'), frozen).effect).toBe('permit');
    expect(decideBy(rules, one('WRITE'), { ...frozen, resource: { labels: { env: 'test' } } }).effect).toBe(
      'permit',
    );
    expect(decideBy(rules, one('WRITE'), { nowMs: Date.parse('2026-12-19T22:59:59Z') }).effect).toBe(
      'permit',
    );
    expect(decideBy(rules, one('WRITE'), { nowMs: Date.parse('2026-12-19T23:00:00Z') }).effect).toBe('deny');
    expect(decideBy(rules, one('WRITE'), { nowMs: Date.parse('2027-01-02T23:00:00Z') }).effect).toBe(
      'permit',
    );
  });

  it('applies calendars inside and outside', () => {
    const rules = `
calendars: { office: { timezone: Europe/Berlin, days: [mon..fri], from: "08:00", to: "18:00" } }
rules:
  - { id: day, effect: allow, on: store, match: { kinds: [READ], time: office } }
  - { id: night, effect: allow, on: store, match: { kinds: [ADMIN], time: { not: office } } }`;
    const noon = { nowMs: Date.parse('2026-07-01T10:00:00Z') };
    const midnight = { nowMs: Date.parse('2026-07-01T22:00:00Z') };
    expect([noon, midnight].map((time) => decideBy(rules, one('READ'), time).effect)).toEqual([
      'permit',
      'deny',
    ]);
    expect([noon, midnight].map((time) => decideBy(rules, one('ADMIN'), time).effect)).toEqual([
      'deny',
      'permit',
    ]);
  });
});

describe('alternatives in a denial', () => {
  const rules = `
calendars: { never: { timezone: UTC, days: [mon], from: "00:00", to: "00:01" } }
rules:
  - { id: a1, effect: allow, on: store, match: { groups: [data-agents], kinds: [READ], tables: ["analytics.*"] } }
  - { id: a2, effect: allow, on: store, match: { groups: [data-agents], kinds: [READ], tables: ["analytics.*"] }, when: store.bounded }
  - { id: a3, effect: allow, on: store, match: { kinds: [WRITE], tables: [x.t] }, approval: { by: [dba], within: 15m } }
  - { id: other-group, effect: allow, on: store, match: { groups: [dba], kinds: [DROP], tables: ["secret_schema.*"] } }
  - { id: other-resource, effect: allow, on: store, match: { resources: [pg-x], kinds: [DROP] } }
  - { id: other-account, effect: allow, on: store, match: { accounts: [admin], kinds: [DROP] } }
  - { id: other-time, effect: allow, on: store, match: { time: never, kinds: [DROP] } }
  - { id: expired, effect: allow, on: store, match: { kinds: [DROP] }, expires: 1969-01-01 }
  - { id: observed, effect: allow, mode: observe, on: store, match: { kinds: [DROP] } }
  - { id: a4, effect: allow, on: store, match: { kinds: [ADMIN], paths: ["/x"] } }
  - { id: a5, effect: allow, on: store, match: { kinds: [READ], paths: ["/y"] } }`;

  it('P9: come only from allow rules that apply to this principal, here and now; at most three, none twice', () => {
    const decision = decideBy(rules, one('DROP', 'analytics.t'));
    expect(decision).toMatchObject({
      alternatives: ['READ on analytics.*', 'WRITE on x.t, with approval', 'ADMIN on /x'],
    });
  });

  it('P9: begin with what is nearest to the refused atom', () => {
    expect(decideBy(rules, one('WRITE', 'y.t'))).toMatchObject({
      alternatives: ['WRITE on x.t, with approval', 'READ on analytics.*', 'ADMIN on /x'],
    });
  });
});
