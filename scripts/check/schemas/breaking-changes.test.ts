import { describe, expect, it } from 'vitest';
import { breakingChanges, type Json } from './breaking-changes.ts';

const DOCUMENT = {
  paths: {
    '/v1/things': {
      get: {
        operationId: 'listThings',
        parameters: [
          { in: 'query', name: 'limit', schema: { type: 'integer', maximum: 200 } },
          { in: 'query', name: 'status', schema: { type: 'string', enum: ['open', 'closed'] } },
        ],
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Page' } } } },
        },
      },
      post: {
        operationId: 'makeThing',
        security: [{ token: [] }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name'],
                properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
              },
            },
          },
        },
        responses: { 200: { content: {} } },
      },
    },
  },
  components: {
    schemas: {
      Page: {
        type: 'object',
        required: ['things'],
        properties: {
          things: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
          next: { type: 'string' },
        },
      },
      Thing: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, parent: { $ref: '#/components/schemas/Thing' } },
      },
    },
  },
};

type Document = typeof DOCUMENT;

function after(change: (document: Document) => void): readonly string[] {
  const changed = structuredClone(DOCUMENT);
  change(changed);
  return breakingChanges(DOCUMENT as Json, changed as Json);
}

// Tests take away and put in what the type of the document does not know.
const loose = (value: object): Record<string, unknown> => value as Record<string, unknown>;

describe('what breaks clients of the API', () => {
  it('is nothing where nothing changed, or something is new, or is worded anew', () => {
    expect(after(() => undefined)).toEqual([]);
    expect(
      after(({ paths, components }) => {
        loose(paths)['/v1/more'] = { get: { operationId: 'more', responses: {} } };
        loose(paths['/v1/things'].get)['description'] = 'Lists things.';
        paths['/v1/things'].get.parameters.push({
          in: 'query',
          name: 'more',
          schema: { type: 'string' },
        } as never);
        loose(components.schemas.Thing.properties)['size'] = { type: 'integer' };
        components.schemas.Thing.required.push('size');
        loose(paths['/v1/things'].post.requestBody.content['application/json'].schema.properties)['size'] = {
          type: 'integer',
        };
        paths['/v1/things'].get.parameters[1]?.schema.enum?.push('odd');
      }),
    ).toEqual([]);
  });

  it.each<[string, (document: Document) => void, string]>([
    ['a path that is gone', ({ paths }) => delete loose(paths)['/v1/things'], 'get /v1/things: is gone'],
    [
      'a method that is gone',
      ({ paths }) => delete loose(paths['/v1/things'])['post'],
      'post /v1/things: is gone',
    ],
    [
      'another operation id',
      ({ paths }) => (paths['/v1/things'].get.operationId = 'things'),
      'get /v1/things: has another operationId',
    ],
    [
      'a token that is wanted now',
      ({ paths }) => (loose(paths['/v1/things'].get)['security'] = []),
      'get /v1/things: wants a token now',
    ],
    [
      'a parameter that is gone',
      ({ paths }) => paths['/v1/things'].get.parameters.shift(),
      'get /v1/things: query limit: is gone',
    ],
    [
      'a parameter that is required now',
      ({ paths }) =>
        paths['/v1/things'].get.parameters.push({ in: 'query', name: 'x', required: true } as never),
      'get /v1/things: query x: is required now',
    ],
    [
      'a bound that is tighter',
      ({ paths }) => (loose(paths['/v1/things'].get.parameters[0]?.schema ?? {})['maximum'] = 100),
      'get /v1/things: query limit: maximum is tighter',
    ],
    [
      'a word that is taken no more',
      ({ paths }) => paths['/v1/things'].get.parameters[1]?.schema.enum?.pop(),
      'get /v1/things: query status: takes closed no more',
    ],
    [
      'a body that is required now',
      ({ paths }) => (loose(paths['/v1/things'].post.requestBody)['required'] = true),
      'post /v1/things: body: is required now',
    ],
    [
      'a member that has to be sent',
      ({ paths }) =>
        paths['/v1/things'].post.requestBody.content['application/json'].schema.required.push('tags'),
      'post /v1/things: body.tags: is required now',
    ],
    [
      'a member that may be sent no more',
      ({ paths }) =>
        delete loose(paths['/v1/things'].post.requestBody.content['application/json'].schema.properties)[
          'tags'
        ],
      'post /v1/things: body.tags: is gone',
    ],
    [
      'a member of an answer that is gone, deep inside',
      ({ components }) => delete loose(components.schemas.Thing.properties)['id'],
      'get /v1/things: 200.things[].id: is gone',
    ],
    [
      'one that is not always there',
      ({ components }) => components.schemas.Thing.required.pop(),
      'get /v1/things: 200.things[].id: is not always there any more',
    ],
    [
      'another type',
      ({ components }) => (components.schemas.Thing.properties.id.type = 'integer'),
      'get /v1/things: 200.things[].id: is of another type',
    ],
    [
      'an answer of another media type',
      ({ paths }) => delete loose(paths['/v1/things'].get.responses[200].content)['application/json'],
      'get /v1/things: 200: application/json: is gone',
    ],
  ])('is %s', (_what, change, message) => {
    expect(after(change)).toContain(message);
  });
});
