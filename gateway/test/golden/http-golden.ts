import type { Atom, Facts, FieldUse } from '../../src/model/facts.ts';
import { compilePathPattern, type PathPattern } from '../../src/names/path-pattern.ts';
import { type HttpFactsOptions, httpFacts, refusedFacts } from '../../src/protocols/http/facts/http-facts.ts';
import { readRequest, writeTarget } from '../../src/protocols/http/facts/request-form.ts';

/**
 * Renders what is made of a case: a request as on the wire, with line feeds alone, which are CR LF in multipart bodies.
 * Options in lines before it: `# graphql: /graphql`, `# jsonRpc: /rpc`, `# encodedSlash: keep`,
 * `# methodOverride: ignored`, `# window: 20` (bytes that are looked at), `# coding: unknown`.
 */
export function renderRequest(input: string): string {
  const lines = input.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('# '));
  const option = (name: string): string | undefined =>
    lines
      .slice(0, first)
      .find((line) => line.startsWith(`# ${name}: `))
      ?.slice(name.length + 4);
  const blank = lines.indexOf('', first);
  const head = lines.slice(first, blank === -1 ? undefined : blank);
  const fields = head.slice(1).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const [method = '', target = ''] = (head[0] ?? '').split(' ');
  const options: HttpFactsOptions = {
    encodedSlash: option('encodedSlash') === 'keep' ? 'keep' : 'refuse',
    methodOverride: option('methodOverride') === 'ignored' ? 'ignored' : 'refuse',
    graphql: patternsOf(option('graphql')),
    jsonRpc: patternsOf(option('jsonRpc')),
  };
  const authority = fields.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const form = readRequest({ method, target, scheme: 'https', authority, fields }, options);
  if (!form.ok) return renderFacts(refusedFacts(form.reason));
  const isMultipart = fields.some(([, value]) => value.startsWith('multipart/'));
  const text = blank === -1 ? undefined : lines.slice(blank + 1).join(isMultipart ? '\r\n' : '\n');
  const bytes = Buffer.from(text ?? '');
  const window = Number(option('window') ?? bytes.length);
  const { facts } = httpFacts(
    form.value,
    text === undefined
      ? undefined
      : {
          bytes: bytes.subarray(0, window),
          isComplete: window >= bytes.length,
          coding: option('coding') === 'unknown' ? 'unknown' : 'undone',
        },
    options,
  );
  return `upstream: ${form.value.method} ${writeTarget(form.value)}\n${renderFacts(facts)}`;
}

/** Attributes that say something else than the values of atoms. */
const SHOWN = ['body', 'form', 'parts', 'graphql', 'rpc', 'query', 'bodyBytes'];

function renderFacts({ statements }: Facts): string {
  return statements
    .map(({ summary, atoms, attributes, opaque, fields = [], unknown = [] }) =>
      [
        summary,
        ...opaque.map((reason) => `  opaque: ${reason}`),
        ...atoms.map(({ label, values }) => `  ${[label, ...renderValues(values)].join(' | ')}`),
        ...SHOWN.filter((name) => name in attributes).map(
          (name) => `  ${name}: ${JSON.stringify(attributes[name])}`,
        ),
        ...(unknown.length === 0 ? [] : [`  unknown: ${unknown.join(', ')}`]),
        ...fields.map((use) => `  ${renderUse(use)}`),
      ].join('\n'),
    )
    .join('\n');
}

function renderValues(values: Atom['values']): readonly string[] {
  const shown = Object.entries(values).filter(([, list]) => list.length > 0);
  return shown.length === 0 ? [] : [shown.map(([name, list]) => `${name}=${list.join(',')}`).join(' ')];
}

function renderUse({ names, as }: FieldUse): string {
  return `${as} ${names.join(' or ')}`;
}

function patternsOf(text: string | undefined): readonly PathPattern[] {
  return (text?.split(', ') ?? []).map((one) => {
    const pattern = compilePathPattern(one);
    if (pattern === undefined) throw new Error(`no path pattern: ${one}`);
    return pattern;
  });
}
