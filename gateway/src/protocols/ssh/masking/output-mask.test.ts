import { describe, expect, it } from 'vitest';
import { DetectorSet } from '../../../masking/detector-set.ts';
import { FindingMasks } from '../../../masking/finding-masks.ts';
import { ValueDigests } from '../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../masking/replace/masking-keys.ts';
import { Pseudonyms } from '../../../masking/replace/pseudonyms.ts';
import type { MaskMethod } from '../../../model/obligation.ts';
import { withDigests } from './command-masks.ts';
import { OutputMask, WINDOW } from './output-mask.ts';

const keys = new MaskingKeys([{ id: 'k', bytes: Buffer.alloc(32, 7) }]);
const own = [{ name: 'customer', pattern: 'K-[0-9]{6}' }];
const tools = {
  detectors: new DetectorSet({ patterns: own }),
  pseudonyms: new Pseudonyms(keys, 'box'),
  digests: new ValueDigests(keys, 'box'),
};

function masksOf(detect: readonly string[], method: MaskMethod = 'redact'): FindingMasks {
  return new FindingMasks([{ kind: 'mask', rule: 'r', columns: [], detect, method }], tools);
}

/** Of 36 kB each. */
const PIECES = 2_800;
const ALL = ['email', 'card', 'private-key', 'url-credentials', 'secret', 'jwt', 'phone'];

function mask(text: string | Buffer, detect: readonly string[] = ALL, method: MaskMethod = 'redact'): string {
  const stream = new OutputMask(masksOf(detect, method), () => undefined);
  return Buffer.concat([stream.push(Buffer.from(text)), stream.end()]).toString();
}

describe('output', () => {
  it('without values stays as it is, byte for byte', () => {
    const text = Buffer.concat([Buffer.from('a\u001b[31mb\r\nc\n\n\r'), Buffer.from([0xff, 0, 0xc3, 0x28])]);
    const stream = new OutputMask(masksOf(ALL), () => undefined);
    expect(Buffer.concat([stream.push(text), stream.end()]).equals(text)).toBe(true);
  });

  it('P5: loses its values by every method', () => {
    expect(mask('from alice@example.com\n')).toBe('from [email]\n');
    expect(mask('from alice@example.com\n', ['email'], 'partial')).toBe('from a***@***.com\n');
    expect(mask('from alice@example.com\n', ['email'], 'null')).toBe('from \n');
    expect(mask('from alice@example.com\n', ['email'], 'pseudonym')).toMatch(/^from \w+@masked\.invalid\n$/);
  });

  it('P5: that grep has coloured is masked, and the colour ends there', () => {
    const coloured = '\u001b[01;31m\u001b[Kalice\u001b[m\u001b[K@example.com,\n';
    expect(mask(coloured)).toBe('\u001b[01;31m\u001b[K[email]\u001b[0m,\n');
    expect(mask('pan=\u001b[32m4111\u001b[0m111111111111 x')).toContain('[card]');
  });

  it('P5: is masked as it is seen: a pseudonym does not tell colours apart', () => {
    const plain = mask('alice@example.com', ['email'], 'pseudonym');
    const coloured = mask('\u001b[1mali\u001b[mce@example.com', ['email'], 'pseudonym');
    expect(coloured).toBe(`\u001b[1m${plain}\u001b[0m`);
  });

  it('P5: that is written over, or in UTF-16, or broken by bytes that are no text, is masked', () => {
    expect(mask('a\bal\bli\bic\bce\be@\b@example.com')).toBe('[email]');
    expect(mask(Buffer.from('to alice@example.com.', 'utf16le'))).not.toMatch(/a\0l\0i/);
    const broken = Buffer.concat([Buffer.from('ali'), Buffer.from([0xff]), Buffer.from('ce@example.com')]);
    expect(mask(broken)).toBe('[email]');
  });

  it('P5: in the title of a window and behind a link is masked', () => {
    expect(mask('\u001b]0;alice@example.com\u0007$ ')).not.toContain('alice');
    expect(mask('\u001b]8;;https://a:pass-word@h/\u0007link\u001b]8;;\u0007')).not.toContain('pass-word');
    expect(mask('\u001b]0;alice@example.com')).not.toContain('alice');
  });

  it('P5: a private key is masked to its end, whatever stands before its lines', () => {
    const key = [
      '-----BEGIN RSA PRIVATE KEY-----',
      'MIIEowIBAAKCAQEA',
      'b3BlbnNzaC1rZXkt',
      '-----END RSA PRIVATE KEY-----',
    ];
    expect(mask(`a\n${key.join('\n')}\nb\n`)).toBe('a\n[private-key]\nb\n');
    expect(mask(`a\n${key.join('\r\n')}\r\nb\n`)).not.toMatch(/MII|b3B/);
    for (const before of ['     1\t', 'id_rsa:', '-', '> ', '+']) {
      const out = mask(key.map((line) => before + line).join('\n'));
      expect(out).not.toMatch(/MII|b3B/);
    }
    expect(mask(`${key.slice(0, 3).join('\n')}\n`)).toBe('[private-key]');
    const many = `${key[0]}\n${'x y z\n'.repeat(20_000)}after\n`;
    expect(mask(many), 'a beginning alone does not swallow all the rest').toContain('after');
  });

  it('P5: a private key in base64 is masked in all its lines', () => {
    const encoded = Buffer.from(
      `-----BEGIN PRIVATE KEY-----\n${'MIIEow9+'.repeat(40)}\n-----END PRIVATE KEY-----`,
    )
      .toString('base64')
      .replace(/.{76}/g, '$&\n');
    expect(mask(`${encoded}\nafter it\n`, ['private-key'])).toBe('[private-key]\nafter it\n');
    const putty = 'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAAIJpz\nPrivate-MAC: 00ff\nnext\n';
    expect(mask(putty, ['private-key'])).toBe('[private-key]\nnext\n');
  });

  it('P5: own patterns are looked for', () => {
    expect(mask('id K-123456 ', ['customer'])).toBe('id [customer] ');
  });

  it('P10: of 100 MB without a line end flows, and a long token is one finding', () => {
    const stream = new OutputMask(masksOf(ALL), () => undefined);
    let out = 0;
    let most = 0;
    const chunk = Buffer.from('lorem ipsum dolor '.repeat(2_000));
    for (let index = 0; index < PIECES; index += 1) {
      out += stream.push(chunk).length;
      most = Math.max(most, (index + 1) * chunk.length - out);
    }
    expect(most).toBeLessThanOrEqual(WINDOW);
    expect(out + stream.end().length).toBe(PIECES * chunk.length);
    const token = 'Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1A'.repeat(40_000);
    expect(mask(`a ${token} b`)).toBe('a [secret] b');
  });

  it('P9: a prompt comes before it is answered', () => {
    const stream = new OutputMask(masksOf(ALL), () => undefined);
    expect(stream.push(Buffer.from('[sudo] password for deploy: ')).toString()).toContain('deploy: ');
    expect(stream.push(Buffer.from('alice@example.com')).toString()).toBe('');
    expect(stream.push(Buffer.from('\n>>> ')).toString()).toBe('[email]\n>>> ');
    expect(stream.end().toString()).toBe('');
  });

  it('P10: escape sequences without end are read once', () => {
    const hostile = '\u001b]'.repeat(32_000) + '-----BEGIN '.repeat(2_000) + '9'.repeat(60_000);
    // Read once for each of their beginnings, this would take minutes.
    expect(mask(hostile.repeat(10)).length).toBeGreaterThan(0);
  }, 60_000);

  it('of a command text, findings stand as digests', () => {
    const text = withDigests('grep alice@example.com /var/log/app.log', masksOf(['email']));
    expect(text).toMatch(/^grep __digest_k_[0-9a-f]{32}__ \/var\/log\/app\.log$/);
    expect(withDigests('grep bob', masksOf(['email']))).toBe('grep bob');
  });

  it('P3: masks of columns, fields and paths are told', () => {
    const columns = { kind: 'mask', rule: 'c', columns: ['*.email'], method: 'redact' } as const;
    expect(new FindingMasks([columns], tools).unfulfilled).toBe('c');
    expect(new FindingMasks([{ ...columns, detect: ['email'] }], tools).unfulfilled).toBe('c');
    expect(masksOf(['email']).unfulfilled).toBeUndefined();
  });
});
