import { describe, expect, it } from 'vitest';
import {
  encodeBindComplete,
  encodeEmptyQueryResponse,
  encodeParseComplete,
  encodePortalSuspended,
} from '../wire/backend/bare-backend-messages.ts';
import { encodeCommandComplete } from '../wire/backend/command-complete.ts';
import { encodeCopyResponse } from '../wire/backend/copy-response.ts';
import { encodeDataRow } from '../wire/backend/data-row.ts';
import { encodeErrorResponse } from '../wire/backend/error-response.ts';
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { Operation, type OperationKind } from './operation.ts';
import { Pipeline } from './pipeline.ts';

const error = encodeErrorResponse({ severity: 'ERROR', code: '42601', message: 'no' });
const fatal = encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'bye' });

function operation(kind: OperationKind, more: Partial<Operation> = {}): Operation {
  return Object.assign(new Operation(kind, 1), more);
}

function pipeline(...kinds: readonly (OperationKind | Operation)[]): Pipeline {
  const made = new Pipeline({
    onIdle: () => undefined,
    onParameter: () => undefined,
    report: () => undefined,
    notification: () => undefined,
    parameter: () => undefined,
    onCut: () => undefined,
    onMustFail: () => undefined,
    onBlockOver: () => undefined,
  });
  for (const kind of kinds) made.push(typeof kind === 'string' ? operation(kind) : kind);
  return made;
}

function feed(target: Pipeline, ...messages: readonly Buffer[]): unknown[] {
  return messages.map((bytes) => target.accept(bytes[0] ?? 0, bytes, 0, bytes.length));
}

const COPY_IN = encodeCopyResponse({ direction: 'in', format: 'text', columnFormats: ['text'] });

describe('Pipeline', () => {
  it('follows an extended batch to its ReadyForQuery', () => {
    const one = pipeline('parse', 'bind', 'execute', 'sync');
    feed(
      one,
      encodeParseComplete(),
      encodeBindComplete(),
      encodeDataRow(['1']),
      encodeCommandComplete('SELECT 1'),
      encodeReadyForQuery('T'),
    );
    expect(one.length).toBe(0);
    expect(one.status).toBe('T');
  });

  it('P9: an error skips to the Sync that is queued, and only to that', () => {
    const failed: string[] = [];
    const note = (name: string) => ({
      onFailed: (skipped: boolean) => void failed.push(`${name} ${skipped}`),
    });
    const one = pipeline(
      operation('parse', note('parse')),
      operation('bind', note('bind')),
      operation('sync'),
      operation('parse', note('next')),
      operation('sync'),
    );
    feed(one, error);
    expect(failed).toEqual(['parse false', 'bind true']);
    expect(one.isSkipping(1)).toBe(false);
    feed(one, encodeReadyForQuery('E'), encodeParseComplete(), encodeReadyForQuery('E'));
    expect(one.length).toBe(0);
  });

  it('P2: after an error without Sync nothing is queued or sent until the Sync comes', () => {
    const one = pipeline('parse');
    feed(one, error);
    expect(one.isSkipping(1)).toBe(true);
    expect(one.push(operation('bind'))).toBe(false);
    expect(one.push(operation('query'))).toBe(false);
    expect(one.push(operation('sync'))).toBe(true);
    expect(one.isSkipping(1)).toBe(false);
  });

  it('replaces the error of the gateway’s own failing message by the refusal', () => {
    const refusal = Buffer.from('refusal');
    const one = pipeline(operation('query', { replaceError: refusal }));
    expect(feed(one, error, encodeReadyForQuery('E'))).toEqual([refusal, 'forward']);
  });

  it('holds the gateway’s own answers until their turn', () => {
    const one = pipeline('query', operation('local', { bytes: Buffer.from('mine') }), 'query');
    expect(one.takeLocal()).toBeUndefined();
    feed(one, encodeEmptyQueryResponse(), encodeReadyForQuery('I'));
    expect(String(one.takeLocal())).toBe('mine');
    expect(one.length).toBe(1);
  });

  it('counts completed statements of one query text', () => {
    const seen: number[] = [];
    const one = pipeline(operation('query', { onDone: (index) => void seen.push(index) }));
    feed(one, encodeCommandComplete('BEGIN'), encodeCommandComplete('SELECT 0'), encodeReadyForQuery('T'));
    expect(seen).toEqual([0, 1]);
  });

  it('P10: a server that answers what was not asked is a protocol error', () => {
    const wrong: readonly (readonly [Pipeline, Buffer])[] = [
      [pipeline(), encodeReadyForQuery('I')],
      [pipeline(), error],
      [pipeline(), encodeDataRow(['x'])],
      [pipeline('parse'), encodeBindComplete()],
      [pipeline('parse', 'sync'), encodeReadyForQuery('I')],
      [pipeline('sync'), encodeCommandComplete('SELECT 1')],
      [pipeline('bind'), encodePortalSuspended()],
      [pipeline('query'), Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1')],
      [pipeline('query'), Buffer.from('W\0\0\0\x07\0\0\0', 'latin1')],
      [pipeline('query'), Buffer.from('Z\0\0\0\x05X', 'latin1')],
      [pipeline('query'), Buffer.from('d\0\0\0\x05X', 'latin1')],
      // Nobody asked for a COPY: the client’s data are not the server’s to ask for.
      [pipeline('query'), COPY_IN],
      [pipeline('execute'), COPY_IN],
    ];
    for (const [target, bytes] of wrong) {
      expect(() => feed(target, bytes)).toThrowError(
        expect.objectContaining({ code: 'ERR_POSTGRES_SERVER_PROTOCOL' }),
      );
    }
  });

  it('lets a FATAL through at any time, because the server may close when it likes', () => {
    expect(feed(pipeline(), fatal)).toEqual(['forward']);
    expect(feed(pipeline('execute', 'sync'), fatal)).toEqual(['forward']);
  });

  it('P2: tells of statements in flight that change what later ones mean', () => {
    const one = pipeline(operation('query', { barrier: true }));
    expect(one.barriers).toBe(1);
    feed(one, encodeCommandComplete('SET'), encodeReadyForQuery('I'));
    expect(one.barriers).toBe(0);
  });
});
