/** Messages in short form, for transcripts. */
import { encodeBindComplete, encodeParseComplete } from '../../wire/backend/bare-backend-messages.ts';
import { encodeErrorResponse } from '../../wire/backend/error-response.ts';
import { encodeReadyForQuery } from '../../wire/backend/ready-for-query.ts';
import { encodeRowDescription, type FieldDescription } from '../../wire/backend/row-description.ts';
import { encodeBind } from '../../wire/frontend/bind.ts';
import { encodeDescribe } from '../../wire/frontend/describe.ts';
import { encodeExecute } from '../../wire/frontend/execute.ts';
import { encodeParse } from '../../wire/frontend/parse.ts';
import { MessageWriter } from '../../wire/message-writer.ts';
import type { RelayBench } from './relay-bench.ts';

export const ready = (status: 'I' | 'T' | 'E' = 'I'): Buffer => encodeReadyForQuery(status);

export const parse = (text: string, statement = '', parameterTypes: readonly number[] = []): Buffer =>
  encodeParse({ statement, text, parameterTypes });

export const bind = (portal = '', statement = '', ...values: readonly string[]): Buffer =>
  encodeBind({
    portal,
    statement,
    parameterFormats: [],
    parameters: values.map((value) => Buffer.from(value)),
    resultFormats: [],
  });

export const execute = (portal = '', maxRows = 0): Buffer => encodeExecute({ portal, maxRows });

export const describePortal = (name = ''): Buffer => encodeDescribe({ kind: 'portal', name });

export const failure = (code: string, message = 'no'): Buffer =>
  encodeErrorResponse({ severity: 'ERROR', code, message });

/** Answers to Parse and Bind. */
export const prepared: Buffer = Buffer.concat([encodeParseComplete(), encodeBindComplete()]);

/** A RowDescription of text columns of one table. */
export const columns = (tableOid: number, ...names: readonly string[]): Buffer =>
  encodeRowDescription(
    names.map(
      (name, index): FieldDescription => ({
        name,
        tableOid,
        attributeNumber: index + 1,
        typeOid: 25,
        typeSize: -1,
        typeModifier: -1,
        format: 'text',
      }),
    ),
  );

/** CopyData from either side. */
export const copyData = (text: string): Buffer => new MessageWriter(0x64).raw(Buffer.from(text)).finish();

/** Sends from the client and gives what reaches the server. */
export async function ask(bench: RelayBench, ...pieces: readonly Buffer[]): Promise<readonly string[]> {
  bench.client.send(...pieces);
  await bench.settled();
  return bench.server.take();
}

/** Sends from the server and gives what reaches the client. */
export async function reply(bench: RelayBench, ...pieces: readonly Buffer[]): Promise<readonly string[]> {
  bench.server.send(...pieces);
  await bench.settled();
  return bench.client.take();
}
