import type { JsonObject, JsonValue } from '../model/json.ts';
import { documentError, isObject, resolve, type SourceDocument } from './document.ts';
import { kindOf, toValue } from './parameters.ts';
import type { SchemaCheck, Schemas } from './schemas.ts';

/** The body of an operation's requests. */
export interface RequestBody {
  readonly isRequired: boolean;
  readonly content: readonly BodyContent[];
}

/** One media type of a body. */
export interface BodyContent {
  /** In lower case; `type/*` is a range. */
  readonly range: string;
  /** Absent where any content will do. */
  readonly check?: SchemaCheck;
  /** Of a form: its pairs as the object that the schema speaks of; undefined where one has another type. */
  readonly toObject?: (values: Readonly<Record<string, readonly string[]>>) => JsonObject | undefined;
}

/** Reads a request body object. @throws {OpenApiError} */
export function readRequestBody(
  source: SourceDocument,
  raw: JsonValue,
  at: string,
  schemas: Schemas,
): RequestBody {
  const body = resolve(source, raw, at);
  const content = body['content'];
  if (!isObject(content)) throw documentError(at, 'a request body has content');
  return {
    isRequired: body['required'] === true,
    content: Object.entries(content).map(([range, media]) => {
      const here = `${at}/content/${range}`;
      const schema = resolve(source, media, here)['schema'];
      const folded = range.toLowerCase().split(';')[0]?.trim() ?? '';
      if (schema === undefined || !isChecked(folded)) return { range: folded };
      const check = schemas.add(schema, `${here}/schema`);
      if (folded !== FORM) return { range: folded, check };
      return { range: folded, check, toObject: formReader(source, schema, here) };
    }),
  };
}

const FORM = 'application/x-www-form-urlencoded';

function isChecked(range: string): boolean {
  return range === FORM || range === 'application/json' || range.endsWith('+json') || range.endsWith('/*');
}

function formReader(
  source: SourceDocument,
  schema: JsonValue,
  at: string,
): NonNullable<BodyContent['toObject']> {
  const properties = resolve(source, schema, at)['properties'];
  const kinds = new Map(
    Object.entries(isObject(properties) ? properties : {}).map(([name, property]) => [
      name,
      {
        kind: kindOf(source, property, at),
        items: kindOf(
          source,
          (isObject(property) ? resolve(source, property, at)['items'] : undefined) ?? {},
          at,
        ),
      },
    ]),
  );
  return (values) => {
    const members: [string, JsonValue][] = [];
    for (const [name, texts] of Object.entries(values)) {
      const { kind = 'string', items = 'string' } = kinds.get(name) ?? {};
      const own = texts.map((text) => toValue(text, kind === 'array' ? items : kind));
      const [first] = own;
      if (first === undefined || !own.every((value) => value !== undefined)) return undefined;
      if (kind !== 'array' && own.length > 1) return undefined;
      members.push([name, kind === 'array' ? own : first]);
    }
    return Object.fromEntries(members);
  };
}

/** The content that a media type belongs to: itself, its range, or any. */
export function contentFor({ content }: RequestBody, essence: string): BodyContent | undefined {
  const [type = ''] = essence.split('/');
  return [essence, `${type}/*`, '*/*']
    .map((wanted) => content.find(({ range }) => range === wanted))
    .find((found) => found !== undefined);
}
