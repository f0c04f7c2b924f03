import { describe, expect, it } from 'vitest';
import {
  decodeAuthentication,
  encodeAuthenticationCleartextPassword,
  encodeAuthenticationOk,
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
} from './authentication.ts';

/** An Authentication message around a body in hexadecimal. */
function authentication(body: string): Buffer {
  const bytes = Buffer.from(body.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(5, 'R');
  header.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([header, bytes]);
}

function decode(body: string): unknown {
  const bytes = authentication(body);
  return decodeAuthentication(bytes, 0, bytes.length);
}

describe('Authentication', () => {
  it.each([
    ['00000000', { kind: 'ok' }],
    ['00000002', { kind: 'kerberosV5' }],
    ['00000003', { kind: 'cleartextPassword' }],
    ['00000005 01020304', { kind: 'md5Password', salt: Buffer.of(1, 2, 3, 4) }],
    ['00000006', { kind: 'scmCredential' }],
    ['00000007', { kind: 'gss' }],
    ['00000008 6162', { kind: 'gssContinue', data: Buffer.from('ab') }],
    ['00000009', { kind: 'sspi' }],
    ['0000000a 4100 4200 00', { kind: 'sasl', mechanisms: ['A', 'B'] }],
    ['0000000a 00', { kind: 'sasl', mechanisms: [] }],
    ['0000000b 723d', { kind: 'saslContinue', data: Buffer.from('r=') }],
    ['0000000c 763d', { kind: 'saslFinal', data: Buffer.from('v=') }],
  ])('reads %s', (body, expected) => {
    expect(decode(body)).toEqual(expected);
  });

  it.each([
    ['no method', '0000', 'ERR_WIRE_TRUNCATED'],
    ['an unknown method', '00000001', 'ERR_WIRE_VALUE'],
    ['a method of the future', '0000000d', 'ERR_WIRE_VALUE'],
    ['a negative method', 'ffffffff', 'ERR_WIRE_VALUE'],
    ['bytes behind ok', '00000000 00', 'ERR_WIRE_TRAILING'],
    ['a short salt', '00000005 010203', 'ERR_WIRE_TRUNCATED'],
    ['a long salt', '00000005 0102030405', 'ERR_WIRE_TRAILING'],
    ['mechanisms without their end', '0000000a 4100', 'ERR_WIRE_UNTERMINATED'],
    ['bytes behind the mechanisms', '0000000a 4100 00 00', 'ERR_WIRE_TRAILING'],
    ['more mechanisms than any server has', `0000000a ${'4100'.repeat(65)} 00`, 'ERR_WIRE_TOO_LONG'],
  ])('class 9: refuses %s', (_title, body, code) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code, source: 'upstream' }));
  });

  it('takes as many mechanisms as the cap', () => {
    expect(decode(`0000000a ${'4100'.repeat(64)} 00`)).toMatchObject({ mechanisms: { length: 64 } });
  });

  it('is written as it is read', () => {
    expect(encodeAuthenticationOk()).toEqual(authentication('00000000'));
    expect(encodeAuthenticationCleartextPassword()).toEqual(authentication('00000003'));
    expect(encodeAuthenticationSasl(['A', 'B'])).toEqual(authentication('0000000a 4100 4200 00'));
    expect(encodeAuthenticationSaslContinue('r=')).toEqual(authentication('0000000b 723d'));
    expect(encodeAuthenticationSaslFinal(Buffer.from('v='))).toEqual(authentication('0000000c 763d'));
  });

  it('refuses to write a mechanism without a name, which would end the list', () => {
    expect(() => encodeAuthenticationSasl(['', 'B'])).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_VALUE' }),
    );
  });
});
