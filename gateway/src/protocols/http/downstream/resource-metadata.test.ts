import { describe, expect, it } from 'vitest';
import type { RequestHead } from '../wire/head/request-head.ts';
import { readRequests } from '../wire/testing/read-messages.ts';
import { metadataUrl, resourceMetadata } from './resource-metadata.ts';

const SEEN = { scheme: 'https', hosts: { 'crm.example': 'crm' } } as const;
const ISSUERS = ['https://idp.example'];

function headOf(line: string, host = 'gateway.example:8443'): RequestHead {
  const bytes = Buffer.from(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const head = readRequests([bytes]).messages[0]?.head;
  if (head === undefined) throw new Error('no head');
  return head;
}

describe('metadata of resources (RFC 9728)', () => {
  it('names the resource as the client sees it, and who gives tokens for it', () => {
    const head = headOf('GET /.well-known/oauth-protected-resource/shop');
    expect(resourceMetadata(head, SEEN, ISSUERS)).toEqual({
      resource: 'https://gateway.example:8443/shop',
      authorization_servers: ISSUERS,
      bearer_methods_supported: ['header'],
    });
    const byHost = headOf('GET /.well-known/oauth-protected-resource', 'crm.example');
    expect(resourceMetadata(byHost, SEEN, ISSUERS)).toMatchObject({ resource: 'https://crm.example' });
  });

  it('P6: is the same for a resource that there is and one that there is not', () => {
    const [one, other] = ['shop', 'nothing'].map((name) =>
      resourceMetadata(headOf(`GET /.well-known/oauth-protected-resource/${name}`), SEEN, ISSUERS),
    );
    expect({ ...one, resource: '' }).toEqual({ ...other, resource: '' });
  });

  it.each([
    'POST /.well-known/oauth-protected-resource/shop',
    'GET /.well-known/oauth-protected-resource',
    'GET /.well-known/oauth-protected-resource/shop/more',
    'GET /.well-known/oauth-protected-resource/..',
    'GET /.well-known/oauth-protected-resources',
    'GET /.well-known/oauth-protected-resource/a%2Fb',
    'GET /shop',
  ])('is nothing else: %s', (line) => {
    expect(resourceMetadata(headOf(line), SEEN, ISSUERS)).toBeUndefined();
  });

  it.each([
    [
      'GET /shop/customers?id=1',
      undefined,
      'https://gateway.example:8443/.well-known/oauth-protected-resource/shop',
    ],
    ['GET /shop?id=1', undefined, 'https://gateway.example:8443/.well-known/oauth-protected-resource/shop'],
    ['GET /anything/else', 'crm.example', 'https://crm.example/.well-known/oauth-protected-resource'],
    ['GET /', undefined, undefined],
    ['GET /-shop', undefined, undefined],
    ['OPTIONS *', undefined, undefined],
  ])('is found from %s', (line, host, url) => {
    expect(metadataUrl(headOf(line, host), SEEN)).toBe(url);
  });
});
