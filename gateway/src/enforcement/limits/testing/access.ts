import type { AccessRequest } from '../../../model/access-request.ts';
import type { LimitsObligation } from '../../../model/obligation.ts';

/** What a test says of a request; the rest has defaults. */
export interface AccessOptions {
  readonly issuer?: string;
  readonly subject?: string;
  readonly run?: string;
  readonly agent?: string;
  readonly resource?: string;
  readonly tables?: readonly string[];
  /** How many statements the request has; 1 unless said. */
  readonly statements?: number;
  readonly session?: string;
  readonly family?: string;
  /** How long the token still lives. */
  readonly tokenLivesMs?: number;
}

/** The wall clock, which is not the one that counts. */
const WALL_MS = 1_800_000_000_000;

/** A request for the tests of limits. */
export function accessOf(options: AccessOptions = {}): AccessRequest {
  const { run, agent, tables = [], statements = 1 } = options;
  const statement = {
    summary: 'SELECT on public.orders',
    atoms: [{ label: 'SELECT', values: { kinds: ['SELECT'], tables } }],
    attributes: {},
    opaque: [],
  };
  return {
    principal: {
      issuer: options.issuer ?? 'https://login.test',
      subject: options.subject ?? 'agent-1',
      groups: [],
      delegation: [],
      ...(run === undefined ? {} : { run }),
      ...(agent === undefined ? {} : { agent }),
      tokenDigest: 'd',
      expiresAtMs: WALL_MS + (options.tokenLivesMs ?? 0),
    },
    resource: { name: options.resource ?? 'shop', protocol: 'postgres', labels: {}, mode: 'enforce' },
    account: 'app',
    facts: {
      family: options.family ?? 'sql',
      action: 'query',
      statements: Array.from({ length: statements }, () => statement),
    },
    context: { nowMs: WALL_MS, sessionId: options.session ?? 'ses_1', sourceAddress: '::1', hints: {} },
  };
}

/** Limits of rule `r`, unless they name another. */
export function limitsOf(bounds: Omit<Partial<LimitsObligation>, 'kind'>): readonly LimitsObligation[] {
  return [{ kind: 'limits', rule: 'r', ...bounds }];
}
