import { documentError } from './document.ts';

/** A templated path, `/customers/{id}/report.{format}`. */
export interface PathTemplate {
  readonly text: string;
  readonly segments: readonly TemplateSegment[];
}

type TemplateSegment =
  | { readonly literal: string }
  | { readonly before: string; readonly name: string; readonly after: string };

const PARAMETER = /^([^{}]*)\{([^{}/]+)\}([^{}]*)$/;

/** Reads a template; at most one parameter a segment. @throws {OpenApiError} `ERR_OPENAPI_DOCUMENT` */
export function parseTemplate(text: string): PathTemplate {
  if (!text.startsWith('/')) throw documentError(`#/paths/${text}`, 'a path begins with a slash');
  const segments = text
    .slice(1)
    .split('/')
    .map((segment): TemplateSegment => {
      if (!/[{}]/.test(segment)) return { literal: segment };
      const [, before = '', name, after = ''] = PARAMETER.exec(segment) ?? [];
      if (name === undefined) throw documentError(`#/paths/${text}`, 'a segment holds at most one parameter');
      return { before, name, after };
    });
  return { text, segments };
}

/** The values of the parameters, decoded and not empty; undefined where the path is another one. */
export function matchTemplate(
  { segments }: PathTemplate,
  path: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (path.length !== segments.length) return undefined;
  const values = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const text = path[index] ?? '';
    if ('literal' in segment) {
      if (segment.literal !== text) return undefined;
      continue;
    }
    const { before, name, after } = segment;
    if (text.length <= before.length + after.length) return undefined;
    if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
    values.set(name, text.slice(before.length, text.length - after.length));
  }
  return values;
}

/** Orders templates: what is literal further to the left comes first, then what is more of it. */
export function bySpecificity(left: PathTemplate, right: PathTemplate): number {
  for (const [index, segment] of left.segments.entries()) {
    const difference = weight(right.segments[index]) - weight(segment);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The template without the names of its parameters: equal for templates of the same paths. */
export function shapeOf({ text }: PathTemplate): string {
  return text.replace(/\{[^}]*\}/g, '{}');
}

function weight(segment: TemplateSegment | undefined): number {
  if (segment === undefined) return -1;
  return 'literal' in segment ? Number.MAX_SAFE_INTEGER : segment.before.length + segment.after.length;
}
