import type { Dimension, FactsFamily } from '../model/facts.ts';
import type { PlacedRule, RuleEnvironment } from './compile-rule.ts';
import { type CompiledDimension, compileDimension } from './dimension.ts';
import type { PolicyDiagnostic } from './errors.ts';
import { unknownDetector } from './unknown-detector.ts';

/** Compiles what a rule matches of its family; problems are added to `problems`. */
export function compileDimensions(
  { file, path, source }: PlacedRule,
  family: FactsFamily,
  rule: { effect: 'allow' | 'deny'; environment: RuleEnvironment; problems: PolicyDiagnostic[] },
): readonly CompiledDimension[] {
  const { effect, environment, problems } = rule;
  return Object.entries(family.dimensions).flatMap(([name, dimension]) => {
    const patterns = source.match?.[name] as readonly string[] | undefined;
    if (patterns === undefined) {
      return [];
    }
    if (dimension.match.by === 'detector') {
      checkDetectors({ file, path, source }, { name, patterns, ...rule });
    }
    const compiled = compileDimension(name, dimension, { patterns, effect, names: environment.names });
    if ('matches' in compiled) {
      return [compiled];
    }
    for (const index of compiled.unreadable) {
      const message = unreadablePattern(patterns[index] ?? '', dimension);
      problems.push(file.at('ERR_POLICY_PATTERN', message, [...path, 'match', name, index]));
    }
    return [];
  });
}

/** What a text may hold that is handed out is never all that a rule for it would have to say. */
function checkDetectors(
  { file, path }: PlacedRule,
  dimension: {
    readonly name: string;
    readonly patterns: readonly string[];
    readonly effect: 'allow' | 'deny';
    readonly environment: RuleEnvironment;
    readonly problems: PolicyDiagnostic[];
  },
): void {
  const { name, patterns, effect, environment, problems } = dimension;
  if (effect === 'allow') {
    const message = `\`${name}\` says what content is denied for: write a rule with \`effect: deny\``;
    problems.push(file.atKey('ERR_POLICY_CONTRADICTION', message, [...path, 'match'], name));
  }
  for (const [index, pattern] of patterns.entries()) {
    const wrong = unknownDetector(pattern, environment.detectors);
    if (wrong !== undefined)
      problems.push(file.at('ERR_POLICY_UNKNOWN_NAME', wrong, [...path, 'match', name, index]));
  }
}

function unreadablePattern(pattern: string, { match }: Dimension): string {
  switch (match.by) {
    case 'path':
      return `cannot read the path pattern \`${pattern}\`; write \`/v1/customers/*\`, with \`**\` as a whole segment for any number of them`;
    case 'file':
      return `cannot read the file pattern \`${pattern}\`; write an absolute path such as \`/var/log/**\`, with \`**\` as a whole segment`;
    case 'argv':
      return `cannot read the command pattern \`${pattern}\`; write \`systemctl status *\`, with blanks inside of a word in single quotes`;
    default:
      return `cannot read the name pattern \`${pattern}\`; write \`schema.name\`, with odd names as \`"Odd.Name"\``;
  }
}
