import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

const CANARY = 'hunter2-canary';

test('P6: a secret shows as [secret] however it is printed, logged, joined or serialised', () => {
  const secret = new Secret(CANARY);
  const shown = [
    String(secret),
    `${secret}`,
    `x${secret as unknown as string}`,
    'x'.concat(secret as unknown as string),
    JSON.stringify(secret),
    JSON.stringify({ deep: [secret] }),
    inspect(secret),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true, getters: true }),
    format('%s %j %o %O', secret, secret, secret, secret),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(structuredClone(secret)),
    inspect(new Error('x', { cause: secret })),
  ];
  expect(shown.filter((text) => text.includes(CANARY))).toEqual([]);
  expect(String(secret)).toBe('[secret]');
  expect(secret.reveal()).toBe(CANARY);
});

test('P6: a text that repeats the secret is redacted everywhere it does', () => {
  const secret = new Secret('pa$$.*');
  expect(secret.redact('bad pa$$.* and pa$$.*!')).toBe('bad [secret] and [secret]!');
  expect(new Secret('').redact('untouched')).toBe('untouched');
});
