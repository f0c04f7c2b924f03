import type { FactsFamily } from '../model/facts.ts';
import { parseQualifiedName } from '../names/qualified-name.ts';
import type { PlacedRule } from './compile-rule.ts';
import type { PolicyDiagnostic } from './errors.ts';
import { checkGroups, type GroupsKnowledge } from './groups-knowledge.ts';
import { parseInstant } from './instant.ts';
import type { LoadedFile } from './load.ts';

/** What the warnings are based on besides the rules. */
export interface LintContext {
  readonly loaded: readonly LoadedFile[];
  readonly families: readonly FactsFamily[];
  readonly groups: GroupsKnowledge | undefined;
  readonly nowMs: number | undefined;
}

/** Warns of what is legal but probably not meant. Rules of presets are their authors' affair and are left out. */
export function lintPolicy(placed: readonly PlacedRule[], context: LintContext): PolicyDiagnostic[] {
  const own = placed.filter(({ preset }) => preset === undefined);
  const families = new Map(context.families.map((family) => [family.name, family]));
  return [
    ...own.flatMap((entry) => [
      ...expired(entry, context.nowMs),
      ...uselessMessage(entry),
      ...loneSubject(entry),
      ...broadAllow(entry, families.get(entry.source.on)),
      ...broadVouching(entry),
    ]),
    ...unusedCalendars(own, context.loaded),
    ...(families.has('connect') ? noWayIn(own) : []),
    ...(context.groups === undefined ? [] : checkGroups(own, context.groups)),
  ];
}

function expired({ file, path, source }: PlacedRule, nowMs: number | undefined): PolicyDiagnostic[] {
  const key = 'effect' in source ? 'expires' : 'until';
  const text = 'effect' in source ? source.expires : source.until;
  const until =
    text === undefined
      ? undefined
      : parseInstant(text, 'end', 'timezone' in source ? source.timezone : undefined);
  return nowMs !== undefined && until !== undefined && until <= nowMs
    ? [file.at('WARN_POLICY_EXPIRED', `rule \`${source.id}\` has expired and has no effect`, [...path, key])]
    : [];
}

function uselessMessage({ file, path, source }: PlacedRule): PolicyDiagnostic[] {
  const isAllow = 'effect' in source && source.effect === 'allow';
  return isAllow && source.message !== undefined
    ? [
        file.atKey(
          'WARN_POLICY_UNUSED',
          '`message` is told when a deny hits; an allow never tells it',
          path,
          'message',
        ),
      ]
    : [];
}

function loneSubject({ file, path, source }: PlacedRule): PolicyDiagnostic[] {
  const { match } = source;
  const isAllow = 'effect' in source && source.effect === 'allow';
  return isAllow && match?.subjects !== undefined && match.issuers === undefined
    ? [
        file.atKey(
          'WARN_POLICY_BROAD',
          'a subject is unique only within one issuer; add `issuers`',
          [...path, 'match'],
          'subjects',
        ),
      ]
    : [];
}

function broadAllow({ file, path, source }: PlacedRule, family: FactsFamily | undefined): PolicyDiagnostic[] {
  if (!('effect' in source) || source.effect !== 'allow' || family === undefined) {
    return [];
  }
  const findings: PolicyDiagnostic[] = [];
  const dimensions = Object.entries(family.dimensions);
  const keywords = dimensions
    .filter(([, dimension]) => dimension.match.by === 'keyword')
    .map(([name]) => name);
  if (keywords.length > 0 && keywords.every((name) => source.match?.[name] === undefined)) {
    const names = keywords
      .filter((name) => family.dimensions[name]?.explicit !== true)
      .map((name) => `\`${name}\``)
      .join(' or ');
    const message = `allow rule \`${source.id}\` names no ${names}: it covers every kind of statement`;
    findings.push(file.at('WARN_POLICY_BROAD', message, [...path, 'id']));
  }
  for (const [name] of dimensions.filter(
    ([, { explicit, match }]) => explicit === true && match.by === 'glob',
  )) {
    const index = ((source.match?.[name] ?? []) as readonly string[]).findIndex((pattern) =>
      /^\*+$/.test(pattern),
    );
    if (index !== -1) {
      const message = `\`*\` in \`${name}\` allows whatever there may be; name what is meant`;
      findings.push(file.at('WARN_POLICY_BROAD', message, [...path, 'match', name, index]));
    }
  }
  for (const [name] of dimensions.filter(([, dimension]) => dimension.match.by === 'qualified-name')) {
    const patterns = (source.match?.[name] ?? []) as readonly string[];
    patterns.forEach((pattern, index) => {
      if (!/^\*+$/.test(pattern) && parseQualifiedName(pattern)?.length === 1) {
        const message = `\`${pattern}\` is not qualified and matches in every schema`;
        findings.push(file.at('WARN_POLICY_BROAD', message, [...path, 'match', name, index]));
      }
    });
  }
  return findings;
}

/** Whoever vouches for everything has no masks that reach through views. */
function broadVouching({ file, path, source }: PlacedRule): PolicyDiagnostic[] {
  if (!('effect' in source) || source.unmasked === undefined) {
    return [];
  }
  return ['tables', 'functions'].flatMap((name) => {
    const patterns = (source.match?.[name] ?? []) as readonly string[];
    return patterns.flatMap((pattern, index) =>
      /^[*.]+$/.test(pattern)
        ? [
            file.at(
              'WARN_POLICY_BROAD',
              `\`unmasked\` beside \`${pattern}\` vouches for all ${name}: no mask reaches through any of them`,
              [...path, 'match', name, index],
            ),
          ]
        : [],
    );
  });
}

function unusedCalendars(placed: readonly PlacedRule[], loaded: readonly LoadedFile[]): PolicyDiagnostic[] {
  const used = new Set(
    placed.map(({ source }) =>
      typeof source.match?.time === 'object' ? source.match.time.not : source.match?.time,
    ),
  );
  return loaded.flatMap(({ file, document }) =>
    Object.keys(document.calendars ?? {})
      .filter((name) => !used.has(name))
      .map((name) =>
        file.atKey('WARN_POLICY_UNUSED', `no rule uses the calendar \`${name}\``, ['calendars'], name),
      ),
  );
}

function noWayIn(placed: readonly PlacedRule[]): PolicyDiagnostic[] {
  const first = placed[0];
  const opens = placed.some(
    ({ source }) => source.on === 'connect' && 'effect' in source && source.effect === 'allow',
  );
  return first === undefined || opens
    ? []
    : [first.file.at('WARN_POLICY_UNUSED', 'no rule allows `on: connect`: nobody can open a session', [])];
}
