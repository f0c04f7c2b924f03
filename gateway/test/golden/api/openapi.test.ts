/** What the OpenAPI document says. That the committed one is what the code says is for `npm run check schemas`. */
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/api/openapi.ts';
import { endpoints } from '../../../src/api/routes/index.ts';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

function generated(): Document {
  return JSON.parse(JSON.stringify(openApiDocument(endpoints)));
}

function operations(): readonly (readonly [string, Operation])[] {
  return Object.entries(generated().paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
}

describe('the OpenAPI document', () => {
  it('wants a token for all but health, where to log in, and itself', () => {
    const open = operations().filter(([, { security }]) => security === undefined);
    expect(open.map(([name]) => name)).toEqual([
      'get /healthz',
      'get /readyz',
      'get /v1/login',
      'get /openapi.json',
    ]);
  });

  it('describes every refusal as a problem, and every reference leads somewhere', () => {
    for (const [name, operation] of operations().filter(([, { security }]) => security !== undefined)) {
      expect({ name, ...operation.responses['default']?.content }).toHaveProperty([
        'application/problem+json',
      ]);
    }
    const references = [...JSON.stringify(generated()).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    const known = Object.keys(generated().components.schemas);
    expect(references.length).toBeGreaterThan(10);
    for (const [, name = ''] of references) expect(known).toContain(name);
  });

  it('requires only what is always there', () => {
    const { schemas } = generated().components;
    expect(schemas['Principal']).toMatchObject({ required: expect.not.arrayContaining(['agent', 'run']) });
    expect(schemas['Session']).toMatchObject({
      required: expect.not.arrayContaining(['closedAt', 'reason']),
    });
    expect(schemas['Exchange']).toMatchObject({ required: expect.not.arrayContaining(['outcome', 'cause']) });
    expect(JSON.stringify(schemas)).toContain('"required":["issuer","subject","groups"');
  });

  it('has the endpoints that are served and no other', () => {
    const served = endpoints.map(({ method, path }) => `${method} ${path}`);
    const described = operations().filter(([, { security }]) => security !== undefined);
    expect(described.map(([name]) => name).sort()).toEqual([...served].sort());
  });
});
