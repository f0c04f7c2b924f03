/** Holds events to what OCSF 1.8.0 says of them: numbers, required attributes, constraints, names of attributes. */
import { readFileSync } from 'node:fs';

interface Shape {
  readonly required: readonly string[];
  readonly constraints: { readonly at_least_one?: readonly string[] };
  readonly attributes: readonly string[];
}

interface Facts {
  readonly version: string;
  readonly classes: Readonly<
    Record<string, Shape & { readonly category_uid: number; readonly activities: readonly number[] }>
  >;
  readonly objects: Readonly<Record<string, Shape>>;
  readonly enums: Readonly<Record<string, readonly number[]>>;
  readonly profile: readonly string[];
}

const facts = JSON.parse(readFileSync(new URL('ocsf-1.8.0-facts.json', import.meta.url), 'utf8')) as Facts;

/** Attributes of type object, and what object they are. */
const OBJECTS: Readonly<Record<string, string>> = {
  metadata: 'metadata',
  product: 'product',
  app: 'product',
  actor: 'actor',
  user: 'user',
  session: 'session',
  src_endpoint: 'network_endpoint',
  dst_endpoint: 'network_endpoint',
  database: 'database',
  query_info: 'query_info',
  api: 'api',
  service: 'service',
  http_request: 'http_request',
  url: 'url',
  finding_info: 'finding_info',
  policy: 'policy',
  authorizations: 'authorization',
  entity: 'managed_entity',
  groups: 'group',
};

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with an event; nothing where it is as the schema says. */
export function problemsOf(event: Fields): readonly string[] {
  const known = facts.classes[String(event['class_uid'])];
  if (known === undefined) return [`class_uid ${String(event['class_uid'])} is unknown`];
  const problems: string[] = [];
  const activity = Number(event['activity_id']);
  if (event['category_uid'] !== known.category_uid) problems.push('category_uid is not that of the class');
  if (!known.activities.includes(activity)) problems.push(`activity_id ${activity} is none of the class`);
  if (event['type_uid'] !== Number(event['class_uid']) * 100 + activity)
    problems.push('type_uid does not add up');
  if (!Number.isInteger(event['time'])) problems.push('time is no number of milliseconds');
  for (const [name, values] of Object.entries(facts.enums)) {
    if (event[name] !== undefined && !values.includes(Number(event[name])))
      problems.push(`${name} is no value`);
  }
  const profiles = (event['metadata'] as Fields | undefined)?.['profiles'];
  const more = Array.isArray(profiles) && profiles.includes('security_control') ? facts.profile : [];
  problems.push(...shapeProblems('event', event, { ...known, attributes: [...known.attributes, ...more] }));
  if ((event['metadata'] as Fields | undefined)?.['version'] !== facts.version)
    problems.push('another version');
  return problems;
}

function shapeProblems(path: string, fields: Fields, shape: Shape): string[] {
  const problems = shape.required
    .filter((name) => fields[name] === undefined)
    .map((name) => `${path} lacks ${name}`);
  const some = shape.constraints.at_least_one;
  if (some !== undefined && !some.some((name) => fields[name] !== undefined))
    problems.push(`${path} has none of ${some.join(', ')}`);
  for (const [name, value] of Object.entries(fields)) {
    if (!shape.attributes.includes(name)) problems.push(`${path}.${name} is no attribute`);
    if (name === 'unmapped') continue;
    const object = facts.objects[OBJECTS[name] ?? ''];
    if (object === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value])
      problems.push(...shapeProblems(`${path}.${name}`, one as Fields, object));
  }
  return problems;
}
