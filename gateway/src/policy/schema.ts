import { z } from 'zod';
import type { Dimension, FactsFamily } from '../model/facts.ts';
import { WEEKDAYS } from './calendar.ts';
import { DURATION_PATTERN, SIZE_PATTERN, WAIT_PATTERN } from './duration.ts';
import { DATE_PATTERN, INSTANT_PATTERN } from './instant.ts';

/** Version of the policy language, the value of `apiVersion:`. */
export const POLICY_API_VERSION = 'sallyport.dev/v1' as const;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const SCOPE_EXACT = 'compared exactly; no `*`';
const SCOPE_GLOB = '`*` matches any run of characters';

/**
 * A strict object that answers an unknown key with the list of known ones, joined by spaces: the reader of the issue
 * (`schema-diagnostics.ts`) turns that into a suggestion.
 */
function strict(shape: z.core.$ZodLooseShape): z.ZodObject {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined),
  });
}

function text(description: string): z.ZodString {
  return z.string().min(1).max(2000).describe(description);
}

function words(description: string, pattern: RegExp = /^[^\s].*$/): z.ZodType {
  return z.array(z.string().max(512).regex(pattern)).min(1).max(1000).describe(description);
}

function scopeShape(): Record<string, z.ZodType> {
  const exact = /^[^*]+$/;
  return {
    issuers: words(`Issuers of the token; ${SCOPE_EXACT}.`, exact).optional(),
    subjects: words(`Subjects of the token; ${SCOPE_GLOB}. Unique only within one issuer.`).optional(),
    groups: words(`Policy groups, any of which the principal has; ${SCOPE_EXACT}.`, exact).optional(),
    agents: words(`Agent ids proved by the token; ${SCOPE_GLOB}.`).optional(),
    actors: words(
      `Subjects of the delegation chain; ${SCOPE_GLOB}. An allow looks at the current actor only, a deny at every link.`,
    ).optional(),
    resources: words(`Names of resources; ${SCOPE_GLOB}.`).optional(),
    protocols: words('Protocols of resources, for example `postgres`.').optional(),
    labels: z
      .record(z.string(), words(`Values, any of which the label has; ${SCOPE_GLOB}.`))
      .describe('Labels of the resource: every key must be there with one of its values.')
      .optional(),
    accounts: words(`Upstream logins; ${SCOPE_GLOB}.`).optional(),
    time: z
      .union([z.string().min(1), strict({ not: z.string().min(1) })], {
        error: 'expected the name of a calendar, or `{ not: <calendar> }`',
      })
      .describe('Name of a calendar, or `{ not: <calendar> }`.')
      .optional(),
  };
}

/** The keys of `match:` that every family has. */
export const SCOPE_KEYS: readonly string[] = Object.keys(scopeShape());

function dimensionSchema(dimension: Dimension): z.ZodType {
  const { match, description } = dimension;
  if (match.by === 'keyword') {
    return z
      .array(z.enum([...match.vocabulary]))
      .min(1)
      .describe(description)
      .optional();
  }
  return words(description).optional();
}

function ruleBaseShape(family: FactsFamily): Record<string, z.ZodType> {
  const dimensions = Object.entries(family.dimensions).map(
    ([name, dimension]) => [name, dimensionSchema(dimension)] as const,
  );
  return {
    id: z.string().regex(ID).describe('Unique in the whole folder; named in every decision.'),
    on: z.literal(family.name).describe('The family of requests this is about.'),
    match: strict({ ...scopeShape(), ...Object.fromEntries(dimensions) })
      .describe('Who, where, when and what. Every key must match; a missing key matches everything.')
      .optional(),
    when: text(
      'A CEL expression of type bool over the statement, principal, resource, account and context.',
    ).optional(),
    message: text('Told to the agent when a deny hits: say what to do instead.').max(300).optional(),
    description: text('For the people who read the policy.').optional(),
    mode: z
      .enum(['enforce', 'observe'])
      .describe('`observe` records what the rule would have said.')
      .optional(),
  };
}

function ruleSchema(family: FactsFamily): z.ZodObject {
  return strict({
    ...ruleBaseShape(family),
    effect: z.enum(['allow', 'deny']),
    expires: z
      .string()
      .regex(INSTANT_PATTERN)
      .describe('Date (to its end, UTC) or date-time with offset after which the rule has no effect.')
      .optional(),
    mask: z.array(maskSchema()).min(1).max(100).describe('Values to mask in the response.').optional(),
    filter: z
      .array(filterSchema())
      .min(1)
      .max(100)
      .describe('Rows outside of it are neither seen nor changed, whatever rule permits the request.')
      .optional(),
    unmasked: z
      .literal(true)
      .describe(
        'The author vouches that the views and functions which this rule names hand out nothing that a mask or a filter is for.',
      )
      .optional(),
    approval: approvalSchema().optional(),
    limits: limitsSchema().optional(),
    access: accessSchema().optional(),
  });
}

function freezeSchema(family: FactsFamily): z.ZodObject {
  return strict({
    ...ruleBaseShape(family),
    from: z
      .string()
      .regex(INSTANT_PATTERN)
      .describe('First instant of the freeze; without offset, local to `timezone`.'),
    until: z
      .string()
      .regex(INSTANT_PATTERN)
      .describe('End of the freeze, exclusive; a date without time is included.'),
    timezone: text('IANA time zone of `from` and `until`, for example `Europe/Berlin`.').optional(),
  });
}

function maskSchema(): z.ZodType {
  return strict({
    columns: words('Column patterns: `*.email`, `public.customers.ssn`.').optional(),
    detect: words(
      'Detectors: what they find is masked, in the columns named or, with none named, in all.',
    ).optional(),
    paths: words(
      'Paths inside of JSON and XML values, for example `contact.email`, `cards[*].number`; the rest of the value stays.',
    ).optional(),
    with: z
      .literal(['null', 'redact', 'fixed', 'pseudonym', 'partial', null])
      .describe('How the value is replaced; strictest first. A bare `null` means the method of that name.'),
    value: z.string().max(200).describe('What `fixed` puts in place.').optional(),
    keep: strict({ first: keptCharacters('beginning'), last: keptCharacters('end') })
      .describe('What `partial` leaves readable.')
      .optional(),
    inference: z
      .enum(['deny', 'audit', 'allow'])
      .describe(
        'What becomes of uses that do not hand the value out and tell of it all the same: conditions, joins, sorting, grouping, expressions that can fail. `deny` unless said; `audit` permits them and puts them on record.',
      )
      .optional(),
    lookups: z
      .literal(true)
      .describe(
        'Beside `with: pseudonym`: columns of this mask may be compared for equality with each other, and with parameters that are pseudonyms which the run was shown.',
      )
      .optional(),
  });
}

function keptCharacters(where: string): z.ZodType {
  return z.int().min(0).max(100).describe(`Characters at the ${where}; 0 unless said.`).optional();
}

function filterSchema(): z.ZodType {
  return strict({
    tables: words('Patterns of tables and views: `public.orders`.'),
    where: text(
      'Comparisons of columns with values, joined by `and`: `tenant_id = principal.claims.tenant`.',
    ),
  });
}

function approvalSchema(): z.ZodType {
  return strict({
    by: words(`Groups of the approvers; ${SCOPE_EXACT}.`, /^[^*]+$/),
    count: z.int().min(1).max(10).describe('How many distinct approvers; 1 unless said.').optional(),
    within: z.string().regex(DURATION_PATTERN).describe('How long the request stays open: `15m`.'),
    wait: z
      .string()
      .regex(WAIT_PATTERN)
      .describe(
        'How long the client is kept waiting before it is told that the request is pending: `0s` to `5m`.',
      )
      .optional(),
    comment: commentSchema(),
    preview: z
      .enum(['none', 'estimate', 'exact'])
      .describe(
        'What approvers are told of the rows that a statement would change: by the planner (the default), or by running it and rolling back.',
      )
      .optional(),
  }).describe('Hold the exchange until people agree.');
}

function accessSchema(): z.ZodType {
  return strict({
    by: words(`Groups of those who open it; ${SCOPE_EXACT}.`, /^[^*]+$/),
    count: z.int().min(1).max(10).describe('How many distinct people; 1 unless said.').optional(),
    within: z.string().regex(DURATION_PATTERN).describe('How long the request stays open: `30m`.'),
    upTo: z.string().regex(DURATION_PATTERN).describe('Longest window that may be asked for: `4h`.'),
    comment: commentSchema(),
    breakGlass: strict({
      by: words(`Groups that may open it themselves, at once; ${SCOPE_EXACT}.`, /^[^*]+$/),
      reviewWithin: z.string().regex(DURATION_PATTERN).describe('When the review afterwards is due: `1d`.'),
    })
      .describe('In an emergency these open it without anybody; it is told at once and reviewed afterwards.')
      .optional(),
  }).describe('The rule permits nothing until people open it to somebody, for a time.');
}

function commentSchema(): z.ZodType {
  return z.literal('required').describe('An answer without a comment does not count.').optional();
}

function limitsSchema(): z.ZodType {
  return strict({
    rows: z.int().min(0).max(1_000_000_000).describe('Rows returned.').optional(),
    bytes: z
      .union([z.int().min(0), z.string().regex(SIZE_PATTERN)], {
        error: 'expected a number of bytes or a size such as `10MiB`',
      })
      .describe('Bytes returned: a number, or `10MiB`.')
      .optional(),
    affectedRows: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .describe('Rows that a statement may change; what would change more is undone.')
      .optional(),
    timeout: z.string().regex(DURATION_PATTERN).describe('Time to answer: `15s`.').optional(),
    statementsPerMinute: atLeastOne('Statements of a run on a resource in any 60 seconds.'),
    distinctTables: atLeastOne('Distinct tables that a run may touch.'),
    probes: atLeastOne(
      'Different questions that a run may ask about masked columns, where masks say `inference: audit` or `allow`.',
    ),
    sessions: atLeastOne(
      'Sessions that a principal may have open on the resource at once; on `connect` rules.',
    ),
  }).describe('Upper bounds on the exchange, and on what principal and run do together.');
}

function atLeastOne(description: string): z.ZodType {
  return z.int().min(1).max(1_000_000).describe(description).optional();
}

function repeatsSchema(): z.ZodType {
  return strict({
    after: z
      .int()
      .min(2)
      .max(1000)
      .describe('From this denial of the same statement in a run on, the answer is shorter; 3 unless said.')
      .optional(),
    quarantine: strict({
      after: z.int().min(2).max(1000).describe('From this denial on, everything of the run is denied.'),
      for: z.string().regex(DURATION_PATTERN).describe('For how long: `10m`.'),
    })
      .describe('Stops a run that repeats a denied statement; no run is stopped unless said.')
      .optional(),
  }).describe('What comes of a denied statement that is repeated. Once in the whole folder.');
}

function calendarSchema(): z.ZodType {
  const day = WEEKDAYS.join('|');
  return strict({
    timezone: text('IANA time zone, for example `Europe/Berlin`.'),
    days: z
      .array(z.string().regex(new RegExp(`^(${day})(\\.\\.(${day}))?$`)))
      .min(1)
      .describe('Weekdays `mon` … `sun`, or ranges such as `mon..fri`; every day unless said.')
      .optional(),
    from: z
      .string()
      .regex(/^\d{2}:\d{2}$/)
      .describe('Local time of day, inclusive; `00:00` unless said.')
      .optional(),
    to: z
      .string()
      .regex(/^\d{2}:\d{2}$/)
      .describe('Local time of day, exclusive; `24:00` unless said.')
      .optional(),
    except: z.array(z.string().regex(DATE_PATTERN)).describe('Dates that are left out.').optional(),
  });
}

function oneOfFamilies(
  families: readonly FactsFamily[],
  make: (family: FactsFamily) => z.ZodObject,
): z.ZodType {
  const [first, ...rest] = families.map(make);
  if (first === undefined) {
    return z.never();
  }
  return z.discriminatedUnion('on', [first, ...rest] as never);
}

const built = new WeakMap<readonly FactsFamily[], z.ZodObject>();

/**
 * The schema of a policy file for the given families; {@link PolicyDocument} is the type of what it accepts. Building it
 * costs some milliseconds, so it is kept with the list of families.
 */
export function createPolicySchema(families: readonly FactsFamily[]): z.ZodObject {
  const known = built.get(families);
  if (known !== undefined) {
    return known;
  }
  const schema = buildPolicySchema(families);
  built.set(families, schema);
  return schema;
}

function buildPolicySchema(families: readonly FactsFamily[]): z.ZodObject {
  return strict({
    apiVersion: z.literal(POLICY_API_VERSION),
    use: words('Presets that must be there.').optional(),
    presets: z
      .record(z.string(), z.union([z.boolean(), z.enum(['on', 'off'])], { error: 'expected `on` or `off`' }))
      .describe('Presets switched `on` or `off`; they are on unless said.')
      .optional(),
    calendars: z
      .record(z.string().regex(ID), calendarSchema())
      .describe('Named times for `match.time`.')
      .optional(),
    freezes: z
      .array(oneOfFamilies(families, freezeSchema))
      .describe('Deny rules that are active between two instants.')
      .optional(),
    rules: z.array(oneOfFamilies(families, ruleSchema)).describe('Order has no meaning.').optional(),
    repeats: repeatsSchema().optional(),
  });
}
