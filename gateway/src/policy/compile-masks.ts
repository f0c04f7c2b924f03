import type { MaskObligation } from '../model/obligation.ts';
import { compileQualifiedName } from '../names/qualified-name.ts';
import type { PlacedRule } from './compile-rule.ts';
import type { PolicyDiagnostic } from './errors.ts';
import type { MaskSource } from './policy-document.ts';
import type { SourcePath } from './source-file.ts';
import { unknownDetector } from './unknown-detector.ts';

/** Compiles the `mask:` entries of an allow rule; what is wrong with them is added to `problems`. */
export function compileMasks(
  placed: PlacedRule,
  masks: readonly MaskSource[],
  context: {
    readonly rule: string;
    readonly detectors: readonly string[];
    readonly problems: PolicyDiagnostic[];
  },
): MaskObligation[] {
  return masks.map((mask, index) => {
    const check = checkOf(placed, [...placed.path, 'mask', index], context.problems);
    checkWhat(mask, check, context.detectors);
    checkHow(mask, check);
    return maskObligation(mask, context.rule);
  });
}

function maskObligation(mask: MaskSource, rule: string): MaskObligation {
  const { columns = [], detect, paths, value, keep, inference = 'deny', lookups } = mask;
  return {
    kind: 'mask',
    rule,
    columns,
    method: mask.with ?? 'null',
    ...(detect === undefined ? {} : { detect: [...new Set(detect)].sort() }),
    ...(paths === undefined ? {} : { paths: [...new Set(paths)].sort() }),
    ...(value === undefined ? {} : { value }),
    ...(inference === 'deny' ? {} : { inference }),
    ...(lookups === undefined ? {} : { lookups }),
    ...(keep === undefined ? {} : { keep: { first: keep.first ?? 0, last: keep.last ?? 0 } }),
  };
}

/** Adds findings about one entry, at a key of it or at a value below it. */
interface EntryCheck {
  atKey(code: PolicyDiagnostic['code'], message: string, key: string): void;
  at(code: PolicyDiagnostic['code'], message: string, below: SourcePath): void;
}

function checkOf({ file }: PlacedRule, path: SourcePath, problems: PolicyDiagnostic[]): EntryCheck {
  return {
    atKey: (code, message, key) => problems.push(file.atKey(code, message, path, key)),
    at: (code, message, below) => problems.push(file.at(code, message, [...path, ...below])),
  };
}

function checkWhat(mask: MaskSource, check: EntryCheck, detectors: readonly string[]): void {
  if (mask.columns === undefined && mask.detect === undefined) {
    check.at('ERR_POLICY_VALUE', 'a mask names `columns`, `detect` or both', []);
  }
  (mask.columns ?? []).forEach((pattern, index) => {
    if (compileQualifiedName(pattern) === undefined) {
      check.at('ERR_POLICY_PATTERN', `cannot read the column pattern \`${pattern}\``, ['columns', index]);
    }
  });
  (mask.detect ?? []).forEach((name, index) => {
    const wrong = unknownDetector(name, detectors);
    if (wrong !== undefined) check.at('ERR_POLICY_UNKNOWN_NAME', wrong, ['detect', index]);
  });
  (mask.paths ?? []).forEach((path, index) => {
    if (!isPath(path)) {
      const message = `cannot read the path \`${path}\`; write \`contact.email\`, \`cards[*].number\`, \`**.ssn\` or \`"odd.key".x\``;
      check.at('ERR_POLICY_PATTERN', message, ['paths', index]);
    }
  });
}

/** Steps with dots between them: a name, `*` for any, `**` for any depth; `[n]` or `[*]` behind a step are steps, too. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|\*\*?|[^.[\]"*\s][^.[\]"*]*)`;
const INDEX = String.raw`\[(?:\*|\d{1,9})\]`;
const PATH = new RegExp(
  String.raw`^(?:\$\.?)?(?:${NAME}(?:${INDEX})*|(?:${INDEX})+)(?:\.${NAME}(?:${INDEX})*)*$`,
);
const STEP = new RegExp(`${INDEX}|${NAME}`, 'g');

/** What the reader of paths can follow at once. */
const MOST_STEPS = 24;

function isPath(path: string): boolean {
  return PATH.test(path) && (path.match(STEP) ?? []).length <= MOST_STEPS;
}

function checkHow(mask: MaskSource, check: EntryCheck): void {
  if (mask.with === 'fixed' && mask.value === undefined) {
    check.atKey('ERR_POLICY_VALUE', '`with: fixed` needs a `value`', 'with');
  }
  if (mask.with !== 'fixed' && mask.value !== undefined) {
    check.atKey('ERR_POLICY_CONTRADICTION', '`value` has a meaning only beside `with: fixed`', 'value');
  }
  const isWhole = mask.columns !== undefined && mask.detect === undefined && mask.paths === undefined;
  if (mask.lookups !== undefined && (mask.with !== 'pseudonym' || !isWhole)) {
    check.atKey(
      'ERR_POLICY_CONTRADICTION',
      '`lookups` needs `columns` and `with: pseudonym`, without `detect` and `paths`',
      'lookups',
    );
  }
  if (mask.lookups !== undefined && mask.inference !== undefined && mask.inference !== 'deny') {
    check.atKey(
      'ERR_POLICY_CONTRADICTION',
      '`lookups` has a meaning only where `inference` is denied',
      'lookups',
    );
  }
  if (mask.inference !== undefined && mask.columns === undefined) {
    check.atKey(
      'ERR_POLICY_CONTRADICTION',
      '`inference` is about `columns`, and this mask names none',
      'inference',
    );
  }
  if (mask.with !== 'partial' && mask.keep !== undefined) {
    check.atKey('ERR_POLICY_CONTRADICTION', '`keep` has a meaning only beside `with: partial`', 'keep');
  }
}
