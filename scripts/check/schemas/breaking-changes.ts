/** What of an OpenAPI document breaks clients of the one before it. Pure. */

/** A part of a document. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Members = Readonly<Record<string, Json>>;

/** Bounds that make fewer requests acceptable when they change so. */
const TIGHTENING = {
  maximum: (before: number, after: number) => after < before,
  maxLength: (before: number, after: number) => after < before,
  maxItems: (before: number, after: number) => after < before,
  minimum: (before: number, after: number) => after > before,
  minLength: (before: number, after: number) => after > before,
  minItems: (before: number, after: number) => after > before,
} as const;

interface Comparison {
  readonly before: Members;
  readonly after: Members;
  readonly found: string[];
  /** Pairs of references that are compared already: schemas may be recursive. */
  readonly seen: Set<string>;
}

/**
 * Each change that breaks a client: what is gone, what is newly required of it, what is accepted no more, what it can no
 * longer rely on. Additions break nobody, nor do words for people.
 */
export function breakingChanges(before: Json, after: Json): readonly string[] {
  const comparison: Comparison = {
    before: members(before),
    after: members(after),
    found: [],
    seen: new Set(),
  };
  for (const [path, item] of entries(comparison.before['paths'])) {
    for (const [method, operation] of entries(item)) {
      const now = members(members(members(comparison.after['paths'])[path])[method]);
      const name = `${method} ${path}`;
      if (Object.keys(now).length === 0) comparison.found.push(`${name}: is gone`);
      else compareOperation(name, members(operation), { now, comparison });
    }
  }
  return comparison.found;
}

function compareOperation(
  name: string,
  was: Members,
  { now, comparison }: { readonly now: Members; readonly comparison: Comparison },
): void {
  const { found } = comparison;
  if (was['operationId'] !== now['operationId']) found.push(`${name}: has another operationId`);
  if (was['security'] === undefined && now['security'] !== undefined)
    found.push(`${name}: wants a token now`);
  compareParameters(name, was, { now, comparison });
  const [oldBody, newBody] = [was, now].map((one) => members(one['requestBody']));
  if (oldBody?.['required'] !== true && newBody?.['required'] === true)
    found.push(`${name}: body: is required now`);
  compareContent(`${name}: body`, [oldBody?.['content'], newBody?.['content']], {
    side: 'request',
    comparison,
  });
  for (const [status, response] of entries(was['responses'])) {
    const answer = members(members(now['responses'])[status]);
    if (Object.keys(answer).length === 0) found.push(`${name}: ${status}: is gone`);
    const content = [members(response)['content'], answer['content']] as const;
    compareContent(`${name}: ${status}`, content, { side: 'response', comparison });
  }
}

function compareParameters(
  name: string,
  was: Members,
  { now, comparison }: { readonly now: Members; readonly comparison: Comparison },
): void {
  const byName = (one: Members): ReadonlyMap<string, Members> =>
    new Map(
      list(one['parameters']).map((each) => [
        `${text(members(each)['in'])} ${text(members(each)['name'])}`,
        members(each),
      ]),
    );
  const [old, current] = [byName(was), byName(now)];
  for (const [key, parameter] of old) {
    const place = `${name}: ${key}`;
    const next = current.get(key);
    if (next === undefined) comparison.found.push(`${place}: is gone`);
    else compareSchemas(place, [parameter['schema'], next['schema']], { side: 'request', comparison });
  }
  for (const [key, parameter] of current) {
    const wasRequired = old.get(key)?.['required'] === true;
    if (parameter['required'] === true && !wasRequired)
      comparison.found.push(`${name}: ${key}: is required now`);
  }
}

interface Side {
  readonly side: 'request' | 'response';
  readonly comparison: Comparison;
}

function compareContent(
  place: string,
  [was, now]: readonly [Json | undefined, Json | undefined],
  how: Side,
): void {
  for (const [type, content] of entries(was)) {
    const next = members(now)[type];
    if (next === undefined) how.comparison.found.push(`${place}: ${type}: is gone`);
    else compareSchemas(place, [members(content)['schema'], members(next)['schema']], how);
  }
}

function compareSchemas(place: string, pair: readonly [Json | undefined, Json | undefined], how: Side): void {
  const { comparison, side } = how;
  const references = pair.map((schema) => text(members(schema)['$ref']));
  if (references[0] !== '') {
    const key = `${side} ${references.join(' ')}`;
    if (comparison.seen.has(key)) return;
    comparison.seen.add(key);
  }
  const was = resolved(pair[0], comparison.before);
  const now = resolved(pair[1], comparison.after);
  if (JSON.stringify(was['type'] ?? null) !== JSON.stringify(now['type'] ?? null))
    comparison.found.push(`${place}: is of another type`);
  if (side === 'request') compareAccepted(place, was, { now, comparison });
  compareProperties(place, was, { now, how });
  if (was['items'] !== undefined) compareSchemas(`${place}[]`, [was['items'], now['items']], how);
}

/** What a client sends may be refused where it was not. */
function compareAccepted(
  place: string,
  was: Members,
  { now, comparison }: { readonly now: Members; readonly comparison: Comparison },
): void {
  const { found } = comparison;
  const gone = list(was['enum']).filter((word) => !list(now['enum']).includes(word));
  if (gone.length > 0 && now['enum'] !== undefined)
    found.push(`${place}: takes ${gone.map(spoken).join(', ')} no more`);
  if (was['enum'] === undefined && now['enum'] !== undefined) found.push(`${place}: takes a few words only`);
  if (now['pattern'] !== undefined && was['pattern'] !== now['pattern'])
    found.push(`${place}: has another pattern`);
  for (const [bound, isTighter] of Object.entries(TIGHTENING)) {
    const [before, after] = [was[bound], now[bound]];
    if (typeof after !== 'number') continue;
    const loosest = bound.startsWith('max') ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    if (isTighter(typeof before === 'number' ? before : loosest, after))
      found.push(`${place}: ${bound} is tighter`);
  }
}

function compareProperties(
  place: string,
  was: Members,
  { now, how }: { readonly now: Members; readonly how: Side },
): void {
  const { side, comparison } = how;
  const [wasRequired, isRequired] = [list(was['required']), list(now['required'])];
  for (const [name, property] of entries(was['properties'])) {
    const next = members(now['properties'])[name];
    if (next === undefined) comparison.found.push(`${place}.${name}: is gone`);
    else compareSchemas(`${place}.${name}`, [property, next], how);
    if (side === 'response' && wasRequired.includes(name) && next !== undefined && !isRequired.includes(name))
      comparison.found.push(`${place}.${name}: is not always there any more`);
  }
  if (side === 'response') return;
  for (const name of isRequired.filter((one) => !wasRequired.includes(one)))
    comparison.found.push(`${place}.${text(name)}: is required now`);
}

function resolved(schema: Json | undefined, document: Members): Members {
  const reference = text(members(schema)['$ref']);
  if (reference === '') return members(schema);
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return members(members(members(document['components'])['schemas'])[name]);
}

function members(value: Json | undefined): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function entries(value: Json | undefined): readonly (readonly [string, Json])[] {
  return Object.entries(members(value));
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function spoken(word: Json): string {
  return typeof word === 'string' ? word : JSON.stringify(word);
}
