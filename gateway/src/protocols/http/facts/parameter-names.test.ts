import { describe, expect, it } from 'vitest';
import { mayBeTakenFor } from './parameter-names.ts';

describe('a name of a parameter', () => {
  it.each([
    ['api_key', 'api_key'],
    ['API_KEY', 'api_key'],
    ['api.key', 'api_key'],
    ['api-key', 'api_key'],
    ['api key', 'api_key'],
    [' api_key ', 'api_key'],
    ['api_key[]', 'api_key'],
    ['api_key[a][b]', 'api_key'],
    ['api_key[', 'api_key'],
    ['api_key]', 'api_key'],
    ['[api_key]', 'api_key'],
    ['[[api_key', 'api_key'],
    [']]api_key', 'api_key'],
    ['.api_key', 'api_key'],
    ['ａpi_key', 'api_key'],
    ['api_\u212aey', 'api_key'],
    ['.method', '_method'],
    ['[_method]', '_method'],
    ['_METHOD', '_method'],
    [' method', 'method'],
    ['api_key', 'api.key'],
  ])('P3: %j may be taken for %j', (name, wanted) => {
    expect(mayBeTakenFor(name, wanted)).toBe(true);
  });

  it.each([
    ['', 'api_key'],
    ['[]', 'api_key'],
    ['my_api_key', 'api_key'],
    ['api_key2', 'api_key'],
    ['a[api_key]', 'api_key'],
    ['method', '_method'],
  ])('%j is not %j', (name, wanted) => {
    expect(mayBeTakenFor(name, wanted)).toBe(false);
  });
});
