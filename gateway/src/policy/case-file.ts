import { z } from 'zod';
import type { PolicyDiagnostic } from './errors.ts';
import { INSTANT_PATTERN } from './instant.ts';
import { POLICY_API_VERSION } from './schema.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';
import { type PolicyFile, SourceFile } from './source-file.ts';

/** Who asks in a test case. */
export interface CasePrincipal {
  readonly groups?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly agent?: string | undefined;
  readonly run?: string | undefined;
  readonly claims?: Readonly<Record<string, string>> | undefined;
  /** Subjects of the delegation chain, current actor first. */
  readonly actors?: readonly string[] | undefined;
}

/** A resource as a test case describes it. */
export interface CaseResource {
  readonly name: string;
  readonly protocol?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The account that is used when a case names none. */
  readonly account?: string | undefined;
}

/** One case of a `*.test.yaml`: who, where, what, and what must come of it. */
export interface PolicyCase {
  readonly name: string;
  readonly as: CasePrincipal;
  readonly to: string | CaseResource;
  readonly account?: string | undefined;
  readonly at?: string | undefined;
  readonly from?: string | undefined;
  /** Rules that people opened to whoever asks, by their ids. */
  readonly opened?: readonly string[] | undefined;
  readonly expect: 'permit' | 'deny';
  readonly rule?: string | undefined;
  readonly cause?: string | undefined;
  readonly message?: string | undefined;
  /** Each must be contained in some obligation of the decision. */
  readonly obligations?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** The one key that names a family, with its body. */
  readonly asked: { readonly family: string; readonly body: unknown };
}

/** The cases of one file, with the line of each. */
export interface CaseFile {
  readonly path: string;
  readonly cases: readonly { readonly line: number; readonly case: PolicyCase }[];
}

const strings = z.array(z.string());

function resourceShape() {
  return {
    protocol: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    account: z.string().optional(),
  };
}

function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined),
  });
}

function caseSchema(families: readonly string[]): z.ZodType {
  return strict({
    name: z.string().min(1),
    as: strict({
      groups: strings.optional(),
      subject: z.string().optional(),
      issuer: z.string().optional(),
      agent: z.string().optional(),
      run: z.string().optional(),
      claims: z.record(z.string(), z.string()).optional(),
      actors: strings.optional(),
    }),
    to: z.union([z.string(), strict({ name: z.string(), ...resourceShape() })], {
      error: 'expected the name of a resource, or `{ name, protocol, labels }`',
    }),
    account: z.string().optional(),
    at: z.string().regex(INSTANT_PATTERN).optional(),
    from: z.string().optional(),
    opened: strings.optional(),
    expect: z.enum(['permit', 'deny']),
    rule: z.string().optional(),
    cause: z.enum(['rule', 'default', 'opaque', 'error', 'obligation']).optional(),
    message: z.string().optional(),
    obligations: z.array(z.record(z.string(), z.unknown())).optional(),
    ...Object.fromEntries(families.map((family) => [family, z.unknown().optional()])),
  });
}

/** Parses a `*.test.yaml`; what is wrong is added to `problems` and the file is then left out. */
export function parseCaseFile(
  file: PolicyFile,
  families: readonly string[],
  problems: PolicyDiagnostic[],
): CaseFile | undefined {
  const source = new SourceFile(file);
  if (source.errors.length > 0) {
    problems.push(...source.errors);
    return undefined;
  }
  const schema = strict({
    apiVersion: z.literal(POLICY_API_VERSION),
    resources: z.record(z.string(), strict(resourceShape())).optional(),
    cases: z.array(caseSchema(families)).min(1),
  });
  const result = schema.safeParse(source.value);
  if (!result.success) {
    problems.push(...schemaDiagnostics(source, result.error.issues, families));
    return undefined;
  }
  const resources = result.data.resources ?? {};
  const before = problems.length;
  const cases = result.data.cases.map((raw, index) => {
    const path = ['cases', index];
    const record = raw as Record<string, unknown>;
    const asked = families.filter((family) => record[family] !== undefined);
    if (asked.length !== 1) {
      const names = families.map((family) => `\`${family}\``).join(', ');
      problems.push(source.at('ERR_POLICY_VALUE', `a case asks for exactly one of ${names}`, path));
    }
    const family = asked[0] ?? '';
    return {
      line: source.lineOf([...path, 'name']),
      case: {
        ...withResource(record as unknown as PolicyCase, resources),
        asked: { family, body: record[family] },
      },
    };
  });
  return problems.length > before ? undefined : { path: file.path, cases };
}

function withResource(
  raw: PolicyCase,
  resources: Readonly<Record<string, Omit<CaseResource, 'name'>>>,
): PolicyCase {
  const known =
    typeof raw.to === 'string' && Object.hasOwn(resources, raw.to) ? resources[raw.to] : undefined;
  return typeof raw.to === 'string' && known !== undefined ? { ...raw, to: { name: raw.to, ...known } } : raw;
}
