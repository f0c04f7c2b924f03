/** Paths that lead somewhere else once somebody decodes, folds, cuts or resolves them. `/public/**` is open, `/admin` is not. */
import { type HttpAttack, request } from './attack.ts';

const UTF8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Denied, because services read them in different ways, or because of what they are in their one form. */
const REFUSED: readonly string[] = [
  '/admin',
  '/ADMIN',
  '/Admin/',
  '/%61dmin',
  '/%41DMIN/users',
  '/public/../admin',
  '/public/..%2fadmin',
  '/public/%2e%2e/admin',
  '/public/%2E%2E%2Fadmin',
  '/public/.%2e/admin',
  '/public/a/../../admin',
  '/./admin',
  '/public/../../admin',
  '//admin',
  '/public//../admin',
  '/public/..//admin',
  '///admin',
  '/public\\..\\admin',
  '/public/..\\admin',
  '/public/%5c..%5cadmin',
  '/public/..%5cadmin',
  '/public/..;/admin',
  '/public/..;x=y/admin',
  '/public;/../admin',
  '/admin;x=y',
  '/public/%3b/../../admin',
  '/public/..%3b/admin',
  '/public/..%00/admin',
  '/public/..%20/admin',
  '/public/..%09/admin',
  '/public/..%0d/admin',
  '/public%00/admin',
  '/admin%00.png',
  '/admin%20',
  '/admin%2f',
  '/admin/.',
  '/admin/%2e',
  '/admin/x/..',
  '/public/%252e%252e/admin',
  '/public/%252e%252e%252fadmin',
  '/%2561dmin',
  '/public/%25%32%65%25%32%65/admin',
  '/public/%c0%ae%c0%ae/admin',
  '/public/%c0%af../admin',
  '/public/%e0%80%ae%e0%80%ae/admin',
  '/public/%f0%80%80%ae/admin',
  '/public/%u002e%u002e/admin',
  '/public/%ef%bc%8e%ef%bc%8e/admin',
  '/public/..%ef%bc%8fadmin',
  '/public/%e2%80%a5/admin',
  '/public/..%e2%88%95admin',
  '/public/..%c2%a5admin',
  '/%ef%bd%81dmin',
  '/adm%c4%b1n/../admin',
  '/%e2%80%8badmin/../admin',
  '/public/..%e2%80%8b/admin',
  '/public/%ff%fe/../../admin',
  '/public/%9d/../../admin',
  '/public/#/../admin',
  '/public/%23/../../admin',
  '/public/..%3f/admin',
  '/public/%2e%2e%3f/admin',
  '/..',
  '/../admin',
  '/%2e%2e/admin',
  '/public/%',
  '/public/%zz/../../admin',
  '/public/%2',
  '/%2fadmin',
  '/public%2f..%2fadmin',
  '/public/a%2f..%2f..%2fadmin',
  UTF8('/public/．．/admin'),
  UTF8('/public/..／admin'),
  UTF8('/ａdmin'),
];

/** Other resources of the gateway, and names that only look like this one. */
const ELSEWHERE: readonly string[] = [
  '/../shop/admin',
  '/public/../../shop/admin',
  '/public/%2e%2e/%2e%2e/shop/admin',
  '/public/../../other/admin',
];

/** In their one form, which is what reaches the service. */
const SETTLED: Readonly<Record<string, string>> = {
  '/public/%61': 'GET /public/a',
  '/public/a/../b': 'GET /public/b',
  '/public/%2e/b': 'GET /public/b',
  '/admin/../public/a': 'GET /public/a',
  '/public/a?next=/admin': 'GET /public/a?next=%2Fadmin',
  '/public/a?next=%2fadmin%23': 'GET /public/a?next=%2Fadmin%23',
  '/public/%7Eann': 'GET /public/~ann',
  '/public/caf%c3%a9': 'GET /public/caf%C3%A9',
};

const QUERIES: readonly string[] = [
  '/public/a?x=1;y=/../admin',
  '/public/a?%00',
  '/public/a?x=%c0%ae',
  '/public/a?x=%zz',
  '/public/a?_method=DELETE',
  '/public/a?_Method=DELETE',
  '/public/a?%5fmethod=DELETE',
  '/public/a?x#/../../admin',
];

/** All of them. */
export const PATHS: readonly HttpAttack[] = [
  ...[...REFUSED, ...ELSEWHERE, ...QUERIES].map((path) =>
    request(JSON.stringify(path), `GET /shop${path} HTTP/1.1`),
  ),
  ...REFUSED.slice(0, 12).map((path) =>
    request(`absolute form ${path}`, `GET http://gateway/shop${path} HTTP/1.1`),
  ),
  ...Object.entries(SETTLED).map(([path, form]) => ({
    ...request(JSON.stringify(path), `GET /shop${path} HTTP/1.1`),
    reaches: [form],
  })),
];
