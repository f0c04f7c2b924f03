import { describe, expect, it } from 'vitest';
import {
  type InjectedCredential,
  repeatsSecret,
  targetWith,
  withoutParameter,
} from './injected-credential.ts';

const SECRET = 'k+/ey= 1';
const injected: InjectedCredential = { place: 'query', name: 'api.key', value: SECRET, secret: SECRET };
const header: InjectedCredential = { ...injected, place: 'header', name: 'x-api-key' };

describe('a credential in the query', () => {
  it.each([
    ['/a', '/a?api.key=k%2B%2Fey%3D%201'],
    ['/a?b=1', '/a?b=1&api.key=k%2B%2Fey%3D%201'],
  ])('is added to %s, escaped', (target, expected) => {
    expect(targetWith(target, injected)).toBe(expected);
    expect(targetWith(target, header)).toBe(target);
    expect(targetWith(target, undefined)).toBe(target);
  });

  it.each([
    ['/a?api.key=k%2B%2Fey%3D%201', '/a'],
    ['/a/?api.key=k%2b%2fey%3d+1&b=2', '/a/?b=2'],
    ['/a?b=2&api.key=k%2B%2Fey%3D%201#top', '/a?b=2#top'],
    ['/a?b=2&api.key=k%2B%2Fey%3D%201&c', '/a?b=2&c'],
    ['/a?api.key=k%2B%2Fey%3D%201&api.key=k%2B%2Fey%3D%201&b=2', '/a?b=2'],
    [
      '</a?api.key=k%2B%2Fey%3D+1&p=2>; rel="next", </a?p=0&api.key=k%2B%2Fey%3D+1>; rel="prev"',
      '</a?p=2>; rel="next", </a?p=0>; rel="prev"',
    ],
  ])('P6: is taken out of %s', (text, expected) => {
    expect(withoutParameter(text, injected)).toBe(expected);
  });

  it.each(['/a?api.key=mine', '/a?apixkey=k%2B%2Fey%3D%201', '/a?my-api.key=k%2B%2Fey%3D%201'])(
    'is not what %s holds',
    (text) => {
      expect(withoutParameter(text, injected)).toBe(text);
    },
  );
});

describe('P6: a secret in an answer', () => {
  it.each([
    `x-echo: ${SECRET}`,
    'location: /a?x=k%2B%2Fey%3D%201',
    'location: /a?x=k%2b%2fey%3d+1',
    'location: /login?to=%2Fa%3Fapi.key%3Dk%252B%252Fey%253D%25201',
    'location: /l?to=%252Fl%253Fto%253D%25252Fa%25253Fk%25253Dk%25252B%25252Fey%25253D%2525201',
  ])('is found in %s', (text) => {
    expect(repeatsSecret(text, injected)).toBe(true);
    expect(repeatsSecret(text, header)).toBe(true);
  });

  it.each(['location: /a?x=k%2B%2Fey', 'x: k+/ey=', 'x: 100%', 'x: %zz%'])('is not found in %s', (text) => {
    expect(repeatsSecret(text, injected)).toBe(false);
  });
});
