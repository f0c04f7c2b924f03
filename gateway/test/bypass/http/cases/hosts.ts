/** Hosts that are one thing to who routes and another to who answers. `gateway` leads by path; `shop.internal` is a resource. */
import type { HttpAttack } from './attack.ts';

const raw = (name: string, line: string, ...fields: readonly string[]): HttpAttack => ({
  name,
  // The token of `head`, with hosts of its own.
  bytes: (head) =>
    [
      line,
      ...fields,
      head('')
        .split('\r\n')
        .find((field) => field.startsWith('Authorization')) ?? '',
      'Connection: close',
      '',
      '',
    ].join('\r\n'),
});

/** All of them. */
export const HOSTS: readonly HttpAttack[] = [
  raw('two hosts', 'GET /shop/public/a HTTP/1.1', 'Host: gateway', 'Host: admin'),
  raw('two hosts alike', 'GET /shop/public/a HTTP/1.1', 'Host: gateway', 'hOST: gateway'),
  raw('none', 'GET /shop/public/a HTTP/1.1'),
  raw('an empty one', 'GET /shop/public/a HTTP/1.1', 'Host:'),
  raw('a list', 'GET /shop/public/a HTTP/1.1', 'Host: gateway, admin'),
  raw('a blank within', 'GET /shop/public/a HTTP/1.1', 'Host: gateway admin'),
  raw('a blank in front', 'GET /shop/public/a HTTP/1.1', ' Host: admin', 'Host: gateway'),
  raw('folded', 'GET /shop/public/a HTTP/1.1', 'Host: gateway', '\tadmin'),
  raw('user information', 'GET /shop/public/a HTTP/1.1', 'Host: gateway@admin'),
  raw('a path', 'GET /shop/public/a HTTP/1.1', 'Host: gateway/admin'),
  raw('a query', 'GET /shop/public/a HTTP/1.1', 'Host: gateway?x'),
  raw('a fragment', 'GET /shop/public/a HTTP/1.1', 'Host: gateway#x'),
  raw('a port of letters', 'GET /shop/public/a HTTP/1.1', 'Host: gateway:x'),
  raw('a port that is too large', 'GET /shop/public/a HTTP/1.1', 'Host: gateway:65536'),
  raw('two ports', 'GET /shop/public/a HTTP/1.1', 'Host: gateway:80:81'),
  raw('a host that is no UTF-8', 'GET /shop/public/a HTTP/1.1', 'Host: g\xe4teway'),
  raw('a NUL', 'GET /shop/public/a HTTP/1.1', 'Host: gateway\0admin'),
  raw('the target against it', 'GET http://admin/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('the port of the target against it', 'GET http://gateway:81/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('user information in the target', 'GET http://x@gateway/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('another scheme in the target', 'GET ftp://gateway/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('a target with backslashes', 'GET http:\\\\gateway\\shop\\public\\a HTTP/1.1', 'Host: gateway'),
  raw('a target that begins with an at', 'GET @gateway/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('a target without slash', 'GET shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('a target of two slashes', 'GET //gateway/shop/public/a HTTP/1.1', 'Host: gateway'),
  raw('an asterisk', 'OPTIONS * HTTP/1.1', 'Host: gateway'),
  raw('octal', 'GET /shop/public/a HTTP/1.1', 'Host: 0177.0.0.1'),
  raw('one number', 'GET /shop/public/a HTTP/1.1', 'Host: 2130706433'),
  raw('hexadecimal', 'GET /shop/public/a HTTP/1.1', 'Host: 0x7f.1'),
  raw('a zone', 'GET /shop/public/a HTTP/1.1', 'Host: [fe80::1%25eth0]'),
  raw('an address without its end', 'GET /shop/public/a HTTP/1.1', 'Host: [::1'),
  {
    ...raw('an absolute target', 'GET http://GATEWAY/shop/public/a HTTP/1.1', 'Host: gateway'),
    reaches: ['GET /public/a'],
  },
  {
    ...raw(
      'a resource by host, which no prefix leads away from',
      'GET /public/a HTTP/1.1',
      'Host: Shop.Internal',
    ),
    reaches: ['GET /public/a'],
  },
  raw('a resource by host, and a path of another', 'GET /shop/public/a HTTP/1.1', 'Host: shop.internal'),
  {
    ...raw(
      'claims to be another host',
      'GET /shop/public/a HTTP/1.1',
      'Host: gateway',
      'X-Forwarded-Host: admin',
      'Forwarded: host=admin;for=127.0.0.1',
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'X-Forwarded-Proto: https',
    ),
    reaches: ['GET /public/a'],
  },
];
