import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWithLlhttp } from './compare.ts';
import { smugglingVectors } from './smuggling-vectors.ts';

/** Everything that llhttp, as `node:http` runs it, takes and this codec refuses: where, by which code, and why. */
const STRICTER: Readonly<Record<string, string>> = {
  'coding, before the value | ERR_HTTP1_TRANSFER_ENCODING':
    'an empty list element in front of chunked: servers differ over it',
  'length, before the value | ERR_HTTP1_CONTENT_LENGTH': 'a leading zero: some read octal',
  'method | ERR_HTTP1_REQUEST_LINE':
    'two spaces: RFC 9112 section 3 has one, and some servers take the second for the target',
  'target | ERR_HTTP1_TARGET':
    'bytes that no URI has, fragments, and percent signs without digits (RFC 3986)',
  'host | ERR_HTTP1_HOST':
    'llhttp does not look into Host; routing by it needs one reading (RFC 9112 section 3.2)',
  'before the request | ERR_HTTP1_BARE_LF':
    'a lenient empty line (RFC 9112 section 2.2): what is left of a body looks like it',
  'before the request | ERR_HTTP1_BARE_CR': 'the same',
  'between requests | ERR_HTTP1_BARE_LF': 'the same',
  'between requests | ERR_HTTP1_BARE_CR': 'the same',
  'TE.TE, two lines, chunked last | ERR_HTTP1_DUPLICATE': 'an unknown coding cannot be inspected',
  'TE.TE, a list | ERR_HTTP1_TRANSFER_ENCODING': 'an unknown coding cannot be inspected',
  'TE in HTTP/1.0 | ERR_HTTP1_TRANSFER_ENCODING': 'RFC 9112 section 6.1: its framing is faulty',
  'TE under another name | ERR_HTTP1_FIELD_NAME': 'an underscore is a dash to CGI and WSGI (CVE-2025-64484)',
  'CL with a leading zero | ERR_HTTP1_CONTENT_LENGTH': 'some read octal',
  'chunk size with zeros | ERR_HTTP1_CHUNK':
    'zeros without end are a size that never ends; eight digits are enough',
  'chunk extension | ERR_HTTP1_CHUNK': 'nobody uses them, and parsers end them at different bytes',
  'chunk extension, quoted | ERR_HTTP1_CHUNK': 'the same',
  'trailer that routes | ERR_HTTP1_TRAILER':
    'RFC 9110 section 6.5.1: a server that merges trailers would route by it',
  'two hosts | ERR_HTTP1_DUPLICATE': 'RFC 9112 section 3.2 demands 400',
  'two hosts, different case | ERR_HTTP1_DUPLICATE': 'the same',
  'no host, HTTP/1.0 | ERR_HTTP1_HOST': 'a gateway has to know whom a request is for',
  'host against target | ERR_HTTP1_HOST': 'judged by one and routed by the other',
  'host with user information | ERR_HTTP1_HOST': 'RFC 9110 section 4.2.4: it hides the host',
  'two spaces in the request line | ERR_HTTP1_REQUEST_LINE': 'as with the method above',
  'HTTP/0.9 | ERR_HTTP1_REQUEST_LINE': 'a response without a head cannot be told from its body',
  'options of a connection that remove a field | ERR_HTTP1_CONNECTION':
    'RFC 9110 section 7.6.1: no option for fields of everybody',
};

/** Everything that this codec takes and llhttp refuses, and why it may. */
const LOOSER: Readonly<Record<string, string>> = {
  'coding, behind the value | HPE_INVALID_TRANSFER_ENCODING':
    'a tab behind chunked is whitespace (RFC 9110 section 5.5), and the gateway writes the line anew',
  'method | HPE_INVALID_METHOD':
    'a method that llhttp does not know: the policy decides, which denies what no rule names',
  'before the request | HPE_INVALID_METHOD': 'the same',
  'between requests | HPE_INVALID_METHOD': 'the same',
};

/** Damage to valid streams, for what nobody listed. */
const BYTES = Buffer.from('\r\n\t \0:;,a0_\x7f\xff/#%', 'latin1');
const STREAMS = [
  'GET /a?b HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world',
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-T: y\r\n\r\n',
  'PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a:80\r\n\r\n0\r\n\r\n',
];
const damaged = fc
  .record({
    streams: fc.array(fc.constantFrom(...STREAMS), { minLength: 1, maxLength: 3 }),
    edits: fc.array(
      fc.record({ at: fc.nat({ max: 400 }), byte: fc.constantFrom(...BYTES), removes: fc.nat({ max: 2 }) }),
      { maxLength: 2 },
    ),
  })
  .map(({ streams, edits }) => {
    let bytes = Buffer.from(streams.join(''), 'latin1');
    for (const { at, byte, removes } of edits) {
      const place = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + removes)]);
    }
    return bytes;
  });

describe('HTTP/1.1 against llhttp', () => {
  it('P3: smuggling vectors are refused, or mean the same to both; what differs is listed with its reason', async () => {
    const found = { stricter: new Set<string>(), looser: new Set<string>() };
    const different: string[] = [];
    let same = 0;
    for (const { group, name, bytes } of smugglingVectors()) {
      const { verdict, reason } = await compareWithLlhttp(bytes);
      const key = `${group === 'attack' ? name : group} | ${reason}`;
      if (verdict === 'same') same += 1;
      else if (verdict === 'different') different.push(`${group}, ${name}: ${reason}`);
      else if (verdict !== 'both-refuse') found[verdict].add(key);
    }
    expect(different).toEqual([]);
    expect([...found.stricter].sort()).toEqual(Object.keys(STRICTER).sort());
    expect([...found.looser].sort()).toEqual(Object.keys(LOOSER).sort());
    expect(same).toBeGreaterThan(50);
  });

  it('P3: damaged streams that the codec takes mean the same to llhttp', async () => {
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        const { verdict, reason } = await compareWithLlhttp(bytes);
        // Behind a last request (of HTTP/1.0) the gateway closes; the codec alone would go on.
        const mayBeLooser = /^HPE_(INVALID_METHOD|INVALID_TRANSFER_ENCODING|CLOSED_CONNECTION)$/;
        if (verdict === 'looser') expect(reason).toMatch(mayBeLooser);
        else expect({ verdict, reason }).not.toMatchObject({ verdict: 'different' });
      }),
      { numRuns: 600 },
    );
  });
});
