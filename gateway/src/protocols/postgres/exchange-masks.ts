/** Makes the masks of a session's exchanges, from the obligations of their permits. */
import type { MaskTools } from '../../masking/mask-tools.ts';
import type { MaskObligation } from '../../model/obligation.ts';
import type { CopyOutTable } from '../../sql/postgres/copy-out.ts';
import { parseName } from '../../sql/qualified-name.ts';
import type { Statement } from './facts/statement.ts';
import { SessionLookups } from './lookups.ts';
import { compileMasks } from './masking/compile-masks.ts';
import { ComputedFields } from './masking/computed-columns.ts';
import type { CopyTable } from './masking/copy/copy-facts.ts';
import { OutputPool } from './masking/output-pool.ts';
import { SessionReports } from './masking/reports/session-reports.ts';
import type { ResultCatalog } from './masking/result-catalog.ts';
import { ResultMask } from './masking/result-mask.ts';
import type { ResponseMask } from './masking/value-mask.ts';
import type { ExchangeMasks } from './relay/asking.ts';

/** Masks by the obligation that they were made of, which lives as long as its policy; for each resource's tools. */
const compiled = new WeakMap<MaskTools, WeakMap<MaskObligation, ResponseMask>>();

/** Where the server's catalog is not known: nothing is. */
const NO_CATALOG: ResultCatalog = {
  column: () => undefined,
  type: () => undefined,
  relation: () => undefined,
};

/** The masks of one session. */
export interface SessionMasks {
  /** Masks that the policy has for whoever opened the session, whatever is asked: texts outside of rows are masked by them. */
  readonly remember: (inScope: readonly MaskObligation[]) => void;
  /** Rows are filtered from here on. */
  readonly hideRows: () => void;
  readonly forExchange: ExchangeMasks;
  readonly reports: SessionReports;
  readonly lookups: SessionLookups;
}

/** Begins the masks of a session. */
export function createSessionMasks(options: {
  readonly tools: MaskTools;
  readonly catalog: ResultCatalog | undefined;
  /** Tells runs apart. */
  readonly run?: string;
}): SessionMasks {
  const { tools, catalog = NO_CATALOG, run = '' } = options;
  const lookups = new SessionLookups(tools.issued, run);
  const reports = new SessionReports();
  const pool = new OutputPool();
  return {
    reports,
    lookups,
    remember: (inScope) => reports.remember(masksOf(inScope, tools)),
    hideRows: () => reports.hideRows(),
    forExchange(statement, obligations, isShadow) {
      const masks = masksOf(obligations, tools);
      reports.remember(masks);
      const made = new ResultMask({
        masks,
        catalog,
        pool,
        issue: lookups.issue,
        computed: isShadow ? NOTHING_KNOWN : computedFields(statement),
      });
      const refusal = copyRefusal(statement, made, catalog);
      return refusal === undefined ? made : { rule: obligations[0]?.rule ?? '', reason: refusal };
    },
  };
}

/** Compiles obligations; each once. @throws MaskingError for what the policy refuses at load */
function masksOf(obligations: readonly MaskObligation[], tools: MaskTools): readonly ResponseMask[] {
  const known = compiled.get(tools) ?? new WeakMap<MaskObligation, ResponseMask>();
  compiled.set(tools, known);
  return obligations.flatMap((obligation) => {
    const mask = known.get(obligation) ?? compileMasks([obligation], tools)[0];
    if (mask === undefined) return [];
    known.set(obligation, mask);
    return [mask];
  });
}

/** Nobody has looked at what is done with masked columns. */
const NOTHING_KNOWN = new ComputedFields(undefined);

/** Statements are shared by all that send them, and so is what is known of their results. */
const computed = new WeakMap<Statement['facts'], ComputedFields>();

function computedFields({ facts }: Statement): ComputedFields {
  const known = computed.get(facts) ?? new ComputedFields(facts.statements);
  computed.set(facts, known);
  return known;
}

function copyRefusal(statement: Statement, mask: ResultMask, catalog: ResultCatalog): string | undefined {
  const copies = statement.infos.filter(({ copy }) => copy === 'out');
  const [copy, another] = copies;
  if (copy === undefined) return undefined;
  if (another !== undefined) return 'more than one COPY in one text cannot be masked; send them one by one';
  if (copy.copyOut === undefined) return 'this COPY cannot be masked; SELECT the rows instead';
  return mask.admitCopy({ ...copy.copyOut, table: tableOf(copy.copyOut.table, catalog) });
}

/** The one relation that the name can mean; one that nobody knows where it may mean several, so that it is refused. */
function tableOf(table: CopyOutTable | undefined, catalog: ResultCatalog): CopyTable | undefined {
  if (table === undefined) return undefined;
  const { candidates, columns } = table;
  const known = candidates.flatMap((candidate) => {
    const [schema, name, ...more] = parseName(candidate) ?? [];
    if (typeof schema !== 'string' || typeof name !== 'string' || more.length > 0) return [];
    return catalog.relation(schema, name) === undefined ? [] : [{ schema, name, columns }];
  });
  return known.length === 1 && known[0] !== undefined ? known[0] : { schema: '', name: '', columns };
}
