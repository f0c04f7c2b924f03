/** Byte fixtures derived by hand from protocol-message-formats: each message is read, and written back to the same bytes. */
import { describe, expect, it } from 'vitest';
import {
  checkBareMessage,
  encodeCopyDone,
  encodeFlush,
  encodeSync,
  encodeTerminate,
} from './bare-frontend-messages.ts';
import { decodeBind, encodeBind } from './bind.ts';
import { decodeClose, encodeClose } from './close.ts';
import { decodeCopyFail, encodeCopyFail } from './copy-fail.ts';
import { decodeDescribe, encodeDescribe } from './describe.ts';
import { decodeExecute, encodeExecute } from './execute.ts';
import { decodeFunctionCall, encodeFunctionCall } from './function-call.ts';
import { decodeParse, encodeParse } from './parse.ts';
import {
  decodePassword,
  decodeSaslInitialResponse,
  decodeSaslResponse,
  encodePassword,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from './password.ts';
import { decodeQuery, encodeQuery } from './query.ts';

function toBytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A message of the given type letter around a body in hexadecimal. */
function message(type: string, body: string): Buffer {
  const bytes = toBytes(body);
  const header = Buffer.alloc(5, type);
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

/** Decodes a message that lies between others in its chunk. */
function decodeInside<Message>(
  decode: (bytes: Buffer, start: number, end: number) => Message,
  bytes: Buffer,
): Message {
  const chunk = Buffer.concat([encodeSync(), bytes, encodeSync()]);
  return decode(chunk, 5, 5 + bytes.length);
}

describe('Query', () => {
  it('is one string', () => {
    const bytes = toBytes('51 0000000d 53454c45 43542031 00');
    expect(decodeInside(decodeQuery, bytes)).toEqual({ text: 'SELECT 1' });
    expect(encodeQuery('SELECT 1')).toEqual(bytes);
  });

  it('P2: refuses a second string behind the first, which the parser would not see', () => {
    expect(() => decodeInside(decodeQuery, message('Q', '4100 4200'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRAILING', offset: 7 }),
    );
    expect(() => decodeInside(decodeQuery, message('Q', '4100 00'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRAILING' }),
    );
  });

  it('P2: keeps a byte order mark, so that the text judged is the text sent', () => {
    const bytes = message('Q', 'efbbbf 41 00');
    const { text } = decodeInside(decodeQuery, bytes);
    expect(text).toBe('\ufeffA');
    expect(encodeQuery(text)).toEqual(bytes);
  });

  it('class 10: refuses to write a text with a NUL inside', () => {
    expect(() => encodeQuery('SELECT 1\0; DROP TABLE t')).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TEXT', source: 'internal' }),
    );
  });
});

describe('Parse', () => {
  it('has a name, a text and type oids', () => {
    const bytes = message('P', '733100 53454c45435420243100 0002 00000017 ffffffff');
    const parse = { statement: 's1', text: 'SELECT $1', parameterTypes: [23, 4294967295] };
    expect(decodeInside(decodeParse, bytes)).toEqual(parse);
    expect(encodeParse(parse)).toEqual(bytes);
  });

  it.each([
    ['more types counted than there are', '00 00 ffff 00000017', 'ERR_WIRE_TRUNCATED'],
    ['more types than counted', '00 00 0000 00000017', 'ERR_WIRE_TRAILING'],
    ['no count', '00 00', 'ERR_WIRE_TRUNCATED'],
    ['no text', '00', 'ERR_WIRE_UNTERMINATED'],
    ['a name that is not UTF-8', 'ff00 00 0000', 'ERR_WIRE_TEXT'],
  ])('refuses %s', (_title, body, code) => {
    expect(() => decodeInside(decodeParse, message('P', body))).toThrow(expect.objectContaining({ code }));
  });
});

describe('Bind', () => {
  it('has names, format codes, values and result format codes', () => {
    const bytes = message('B', '7000 733100 0002 0000 0001 0002 00000002 3432 ffffffff 0001 0001');
    const bind = {
      portal: 'p',
      statement: 's1',
      parameterFormats: ['text', 'binary'],
      parameters: [Buffer.from('42'), undefined],
      resultFormats: ['binary'],
    } as const;
    expect(decodeInside(decodeBind, bytes)).toEqual(bind);
    expect(encodeBind(bind)).toEqual(bytes);
  });

  it('may be nothing but empty names and counts, and an empty value is not NULL', () => {
    expect(decodeInside(decodeBind, message('B', '00 00 0000 0000 0000')).parameters).toEqual([]);
    const { parameters } = decodeInside(decodeBind, message('B', '00 00 0000 0001 00000000 0000'));
    expect(parameters).toEqual([Buffer.alloc(0)]);
  });

  it('gives values as views of the message', () => {
    const bytes = message('B', '00 00 0000 0001 00000002 3432 0000');
    const [value] = decodeBind(bytes, 0, bytes.length).parameters;
    bytes.fill(0x39, 15, 17);
    expect(value?.toString()).toBe('99');
  });

  it.each([
    ['more format codes counted than the data holds', '00 00 ffff 0000', 'ERR_WIRE_TRUNCATED'],
    ['more values counted than the data holds', '00 00 0000 ffff 00000001 61', 'ERR_WIRE_TRUNCATED'],
    ['more result codes counted than the data holds', '00 00 0000 0000 ffff', 'ERR_WIRE_TRUNCATED'],
    ['a value longer than the message', '00 00 0000 0001 00000009 61 0000', 'ERR_WIRE_TRUNCATED'],
    ['a value of 2^31 - 1 bytes', '00 00 0000 0001 7fffffff 61 0000', 'ERR_WIRE_TRUNCATED'],
    ['a value of -2 bytes', '00 00 0000 0001 fffffffe 61 0000', 'ERR_WIRE_LENGTH'],
    ['a value of -2^31 bytes', '00 00 0000 0001 80000000 61 0000', 'ERR_WIRE_LENGTH'],
    ['a format code of 2', '00 00 0001 0002 0000 0000', 'ERR_WIRE_VALUE'],
    ['a negative format code', '00 00 0001 ffff 0000 0000', 'ERR_WIRE_VALUE'],
    ['a result format code of 2', '00 00 0000 0000 0001 0002', 'ERR_WIRE_VALUE'],
    ['two codes for one value', '00 00 0002 0000 0001 0001 ffffffff 0000', 'ERR_WIRE_VALUE'],
    ['two codes for no value', '00 00 0002 0000 0001 0000 0000', 'ERR_WIRE_VALUE'],
    ['bytes behind the last field', '00 00 0000 0000 0000 00', 'ERR_WIRE_TRAILING'],
  ])('class 8: refuses %s', (_title, body, code) => {
    expect(() => decodeInside(decodeBind, message('B', body))).toThrow(
      expect.objectContaining({ code, source: 'downstream' }),
    );
  });

  it('class 10: refuses to write more values than its Int16 can count', () => {
    const parameters = Array.from({ length: 65536 }, () => undefined);
    const bind = { portal: '', statement: '', parameterFormats: [], parameters, resultFormats: [] };
    expect(() => encodeBind(bind)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_VALUE' }));
    const most = encodeBind({ ...bind, parameters: parameters.slice(1) });
    expect(decodeBind(most, 0, most.length).parameters).toHaveLength(65535);
  });
});

describe('Describe and Close', () => {
  it.each([
    ['D', decodeDescribe, encodeDescribe],
    ['C', decodeClose, encodeClose],
  ] as const)('%s names a statement or a portal', (type, decode, encode) => {
    const statement = message(type, '53 733100');
    expect(decodeInside(decode, statement)).toEqual({ kind: 'statement', name: 's1' });
    expect(encode({ kind: 'statement', name: 's1' })).toEqual(statement);
    const portal = message(type, '50 00');
    expect(decodeInside(decode, portal)).toEqual({ kind: 'portal', name: '' });
    expect(encode({ kind: 'portal', name: '' })).toEqual(portal);
    expect(() => decodeInside(decode, message(type, '58 00'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_VALUE' }),
    );
    expect(() => decodeInside(decode, message(type, '53 00 00'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRAILING' }),
    );
  });

  it('are not taken for one another', () => {
    expect(() => decodeInside(decodeClose, message('D', '53 00'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TYPE' }),
    );
  });
});

describe('Execute', () => {
  it('has a portal and a row limit', () => {
    const bytes = message('E', '7000 00000064');
    expect(decodeInside(decodeExecute, bytes)).toEqual({ portal: 'p', maxRows: 100 });
    expect(encodeExecute({ portal: 'p', maxRows: 100 })).toEqual(bytes);
  });

  it.each(['ffffffff', '80000000'])(
    'P3: refuses a negative row limit %s, which PostgreSQL takes as none',
    (limit) => {
      expect(() => decodeInside(decodeExecute, message('E', `00 ${limit}`))).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_VALUE' }),
      );
    },
  );
});

describe('FunctionCall', () => {
  it('has an oid, arguments and a result format', () => {
    const bytes = message('F', '000003e8 0001 0001 0002 00000001 61 ffffffff 0000');
    const call = {
      functionOid: 1000,
      argumentFormats: ['binary'],
      arguments: [Buffer.from('a'), undefined],
      resultFormat: 'text',
    } as const;
    expect(decodeInside(decodeFunctionCall, bytes)).toEqual(call);
    expect(encodeFunctionCall(call)).toEqual(bytes);
  });
});

describe('messages of type p', () => {
  it('PasswordMessage is one string', () => {
    const bytes = message('p', '73656372657400');
    expect(decodeInside(decodePassword, bytes)).toEqual({ password: 'secret' });
    expect(encodePassword('secret')).toEqual(bytes);
  });

  it('SASLInitialResponse has a mechanism and may have data', () => {
    const bytes = message('p', '534352414d00 00000003 6e2c2c');
    expect(decodeInside(decodeSaslInitialResponse, bytes)).toEqual({
      mechanism: 'SCRAM',
      data: Buffer.from('n,,'),
    });
    expect(encodeSaslInitialResponse('SCRAM', 'n,,')).toEqual(bytes);
    const without = message('p', '534352414d00 ffffffff');
    expect(decodeInside(decodeSaslInitialResponse, without).data).toBeUndefined();
    expect(encodeSaslInitialResponse('SCRAM', undefined)).toEqual(without);
  });

  it('SASLResponse is bytes to the end', () => {
    const bytes = message('p', '633d00');
    expect(decodeInside(decodeSaslResponse, bytes)).toEqual({ data: Buffer.from('c=\0') });
    expect(encodeSaslResponse(Buffer.from('c=\0'))).toEqual(bytes);
  });

  it('P6: no error shows what they carry', () => {
    const secret = Buffer.from('hunter2').toString('hex');
    const attempts = [
      () => decodeInside(decodePassword, message('p', secret)),
      () => decodeInside(decodePassword, message('p', `${secret}00${secret}`)),
      () => decodeInside(decodePassword, message('p', `${secret}ff00`)),
      () => decodeInside(decodeSaslInitialResponse, message('p', `00 00000001${secret}`)),
    ];
    for (const attempt of attempts) {
      const clean: unknown = expect.not.stringMatching(/hunter2|68756e/);
      expect(attempt).toThrow(expect.objectContaining({ message: clean, publicMessage: clean }));
    }
  });
});

describe('CopyFail', () => {
  it('is one string', () => {
    const bytes = message('f', '6e6f00');
    expect(decodeInside(decodeCopyFail, bytes)).toEqual({ reason: 'no' });
    expect(encodeCopyFail('no')).toEqual(bytes);
  });
});

describe('messages without a body', () => {
  it.each([
    ['S', encodeSync],
    ['H', encodeFlush],
    ['X', encodeTerminate],
    ['c', encodeCopyDone],
  ] as const)('%s is only a header', (type, encode) => {
    expect(encode()).toEqual(message(type, ''));
    expect(() => decodeInside(checkBareMessage, encode())).not.toThrow();
    expect(() => decodeInside(checkBareMessage, message(type, '00'))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TRAILING' }),
    );
  });

  it('P3: no other message passes as one', () => {
    expect(() => decodeInside(checkBareMessage, message('Q', ''))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TYPE' }),
    );
    expect(() => checkBareMessage(Buffer.alloc(0), 0, 0)).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_TYPE' }),
    );
  });

  it('are made anew each time, so that no caller can change another one', () => {
    encodeSync().fill(0);
    expect(encodeSync()).toEqual(message('S', ''));
  });
});
