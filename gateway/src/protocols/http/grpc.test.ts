import { describe, expect, it } from 'vitest';
import { grpcRefusal, isGrpc, readsGrpcStatus } from './grpc.ts';
import { readHttp2Request } from './wire/http2/http2-request.ts';

const POST = [':method', 'POST', ':scheme', 'https', ':authority', 'a', ':path', '/x'];
const head = (type: string, ...more: readonly string[]): ReturnType<typeof readHttp2Request> =>
  readHttp2Request([...POST, 'content-type', type, ...more], false);

describe('gRPC', () => {
  it.each([
    ['application/grpc', true],
    ['application/grpc+proto', true],
    ['Application/gRPC; x=y', true],
    ['application/grpc-web', false],
    ['application/grpcx', false],
    ['text/application/grpc', false],
  ])('%s: %s', (type, expected) => {
    expect(isGrpc(head(type))).toBe(expected);
    expect(readsGrpcStatus(head(type))).toBe(false);
    expect(readsGrpcStatus(head(type, 'te', 'trailers'))).toBe(expected);
  });

  it('P9: a refusal is a status and a message of its own, in printable ASCII', () => {
    const { status, fields, isWhole } = grpcRefusal(403, 'POLICY_DENIED 100% „no“\n');
    expect([status, isWhole]).toEqual([200, true]);
    expect(fields.pairs()).toEqual([
      ['content-type', 'application/grpc'],
      ['grpc-status', '7'],
      ['grpc-message', 'POLICY_DENIED 100%25 %E2%80%9Eno%E2%80%9C'],
    ]);
    expect(grpcRefusal(500, 'x').fields.pairs()[1]).toEqual(['grpc-status', '13']);
  });
});
