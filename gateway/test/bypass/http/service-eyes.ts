/** How services of all kinds take a request that reached them: what they may make of its path, and of its method. */
import { CLAIMS } from './cases/claims.ts';
import type { SeenRequest } from './readers.ts';

/** What a service does to a path before it looks for a handler; each was seen in one. */
const HABITS: readonly ((path: string) => string)[] = [
  (path) => path.replace(/[?#].*$/s, ''),
  decoded,
  overlong,
  (path) => path.normalize('NFKC'),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replaceAll(/;[^/]*/g, ''),
  (path) => path.replaceAll(/\/{2,}/g, '/'),
  withoutDots,
  (path) => path.replace(/\0.*$/s, ''),
  (path) => path.replaceAll(/[.\s]+(?=\/|$)/g, (dots) => (/^\.{1,2}$/.test(dots) ? dots : '')),
  (path) => path.replaceAll(/[\p{Cf}\p{Cc}]/gu, ''),
  (path) => path.toLowerCase(),
];

const MOST_READINGS = 500;

/** All readings of a path: every habit upon every other. */
export function readingsOf(path: string): ReadonlySet<string> {
  const found = new Set([path]);
  for (const one of found) {
    if (found.size > MOST_READINGS) break;
    for (const habit of HABITS) found.add(habit(one));
  }
  return found;
}

const OVERRIDE_HEADER = /^x-(http-)?(method|original|rewrite|forwarded-(uri|path|method)|override)/;
/** By these a client passes for another machine, or the gateway for one that vouches. */
const CLAIM = new RegExp(`^(${CLAIMS.map(([name]) => name).join('|')})$`);
const HARMLESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT']);

/** Why a service may do what no rule lets it do; undefined where it would not. */
export function forbiddenIn({ method, target, fields, body }: SeenRequest): string | undefined {
  if (!HARMLESS_METHODS.has(method)) return `the method ${method}`;
  const path = target.replace(/^[a-z]+:\/\/[^/]*/i, '');
  for (const reading of readingsOf(path)) {
    if (/^\/?(admin|smuggled)/.test(reading)) return `the path ${reading}`;
  }
  const override = fields.find(([name]) => OVERRIDE_HEADER.test(name) || CLAIM.test(name));
  if (override !== undefined) return `the header ${override[0]}`;
  return /[?&]_method=/i.test(target) || /(^|&)_method=/.test(body) ? 'the parameter _method' : undefined;
}

function decoded(path: string): string {
  return Buffer.from(
    path.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}

/** UTF-8 of more bytes than needed, as a decoder that checks nothing reads it. */
function overlong(path: string): string {
  return path
    .replaceAll(/%c([01])%([89ab][0-9a-f])/gi, (_all, high: string, low: string) =>
      String.fromCharCode((Number.parseInt(high, 16) << 6) | (Number.parseInt(low, 16) & 0x3f)),
    )
    .replaceAll(/%e0%8[01]%([89ab][0-9a-f])/gi, (_all, low: string) =>
      String.fromCharCode(Number.parseInt(low, 16) & 0x3f),
    )
    .replaceAll(/%u([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return kept.join('/').replace(/^(?!\/)/, '/');
}
