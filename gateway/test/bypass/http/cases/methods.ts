/** Methods that are not what they seem, and where else a service may read one. */
import { type HttpAttack, request } from './attack.ts';

const OVERRIDES: readonly string[] = [
  'X-HTTP-Method-Override: DELETE',
  'X-HTTP-Method: DELETE',
  'X-Method-Override: DELETE',
  'x-http-method-override: delete',
  'X-HTTP-METHOD-OVERRIDE:DELETE',
  'X_HTTP_Method_Override: DELETE',
  'X-HTTP_Method-Override: DELETE',
  'X-Original-Method: DELETE',
  'X-Original-URL: /admin',
  'X-Original-URI: /admin',
  'X-Rewrite-URL: /admin',
  'X-Override-URL: /admin',
  'X-Forwarded-Uri: /admin',
  'X-Forwarded-Path: /admin',
  'X-Forwarded-Method: DELETE',
  'X-HTTP-DestinationURL: /admin',
];

const METHODS = [
  'DELETE',
  'delete',
  'DeLeTe',
  'PURGE',
  'TRACE',
  'TRACK',
  'DEBUG',
  'COPY',
  'MOVE',
  'CONNECT',
  'PATCH',
  'PROPFIND',
  'G\u0000ET',
  'GET\u000b',
  'GÉT',
  'GET,DELETE',
];

const form = (name: string, type: string, body: string): HttpAttack => ({
  name,
  bytes: (head) =>
    head(
      'POST /shop/public/a HTTP/1.1',
      `Content-Type: ${type}`,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ) + body,
});

const FORM = 'application/x-www-form-urlencoded';
const part = (name: string): string =>
  `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\nDELETE\r\n--b--\r\n`;

/** All of them. */
export const METHOD_ATTACKS: readonly HttpAttack[] = [
  ...OVERRIDES.map((field) => request(field, 'GET /shop/public/a HTTP/1.1', field)),
  ...METHODS.map((method) => request(JSON.stringify(method), `${method} /shop/public/a HTTP/1.1`)),
  form('_method in a form', FORM, 'a=1&_method=DELETE'),
  form('_method in a form, encoded', FORM, '%5Fmethod=DELETE'),
  form('_method in a form, in upper case', FORM, '_METHOD=DELETE'),
  form('_method in a form of another case', `${FORM.toUpperCase()}; charset=UTF-8`, '_method=DELETE'),
  form('_method in a form without a type', '', '_method=DELETE'),
  form('_method in JSON', 'application/json', '{"_method":"DELETE"}'),
  form('_method in JSON, escaped', 'application/json', '{"\\u005fmethod":"DELETE"}'),
  form('_method in a part', 'multipart/form-data; boundary=b', part('name="_method"')),
  form('_method in a part, unquoted', 'multipart/form-data; boundary=b', part('name=_method')),
  form('_method in a part, named twice', 'multipart/form-data; boundary=b', part('name="a"; name="_method"')),
  form(
    '_method in a part, by an encoded name',
    'multipart/form-data; boundary=b',
    part("name*=UTF-8''%5fmethod"),
  ),
  form(
    '_method in a part of another boundary',
    'multipart/form-data; boundary=b; boundary=c',
    part('name="_method"'),
  ),
];
