import { describe, expect, it } from 'vitest';
import { readPairs } from '../../../documents/pairs.ts';
import { withoutOwnParameter } from './own-parameter.ts';

const read = (query: string, own = 'api_key'): unknown => {
  const pairs = readPairs(query);
  return pairs.ok ? withoutOwnParameter(pairs.value, own) : expect.fail();
};

describe('a query at a service that knows the gateway by a parameter', () => {
  it.each([
    ['', []],
    ['a=1&b', ['a', 'b']],
    ['api_key=mine', []],
    ['api_key=mine&a=1&api_key=other&api_key', ['a']],
    ['ap%69_key=mine&a=1', ['a']],
    ['api=1&key=2&my_api_key=3', ['api', 'key', 'my_api_key']],
  ])('%s loses the client’s own', (query, names) => {
    expect(read(query)).toMatchObject({ ok: true, value: names.map((name) => ({ name })) });
  });

  it.each([
    'API_KEY=1',
    'Api_Key=1',
    'api.key=1',
    'api-key=1',
    'api+key=1',
    '%20api_key=1',
    'api_key%20=1',
    'api_key%5B%5D=1',
    'api_key%5B0%5D=1',
    'api_key%5Ba%5D=1',
    'api_key%5B=1',
    '%5Bapi_key%5D=1',
    '[api_key]=1',
    ']]api_key=1',
    '.api_key=1',
    'api_key]=1',
    '%EF%BD%81pi_key=1',
    'api_%E2%84%AAey=1',
    'api_key=mine&API_KEY=1',
  ])('P3: %s has no clear reading', (query) => {
    expect(read(query)).toMatchObject({ ok: false });
  });
});
