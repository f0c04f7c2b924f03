import { describe, expect, it } from 'vitest';
import { DetectorSet } from '../detector-set.ts';

const set = new DetectorSet({ phoneRegion: 'US' });

/** What a detector finds, as texts. */
function found(detector: string, text: string, column?: string): readonly string[] {
  const spans = set.scanner([detector], column).scanText(text) ?? [];
  return spans.map(({ start, end }) => text.slice(start, end));
}

const POSITIVES: readonly (readonly [detector: string, text: string, value: string, column?: string])[] = [
  ['email', 'write to Alice.Smith+tag@Mail.Example.CO.UK.', 'Alice.Smith+tag@Mail.Example.CO.UK'],
  ['email', '"john doe"@example.com', '"john doe"@example.com'],
  ['email', '<mailto:a@b.io>', 'a@b.io'],
  ['email', 'jörg@bücher.de', 'jörg@bücher.de'],
  ['email', 'root@[192.0.2.1]', 'root@[192.0.2.1]'],
  ['email', "'o'neil@example.com'", "o'neil@example.com"],
  ['card', 'paid with 4111-1111-1111-1111, thanks', '4111-1111-1111-1111'],
  ['card', '4111 1111 1111 1111 12/27 123', '4111 1111 1111 1111'],
  ['card', '378282246310005', '378282246310005'],
  ['card', '3782 822463 10005', '3782 822463 10005'],
  ['card', '6011000990139424', '6011000990139424'],
  ['card', '4222222222222', '4222222222222', 'card_number'],
  ['iban', 'GB29 NWBK 6016 1331 9268 19', 'GB29 NWBK 6016 1331 9268 19'],
  ['iban', 'nl91abna0417164300', 'nl91abna0417164300'],
  ['us-ssn', 'SSN 536-22-8726', '536-22-8726'],
  ['us-ssn', '536228726', '536228726', 'public.customers.ssn'],
  ['us-itin', '912-70-1234', '912-70-1234'],
  ['de-steuer-id', '86 095 742 719', '86 095 742 719'],
  ['de-steuer-id', 'Steuer-ID: 86095742719', '86095742719'],
  ['es-dni', '12345678-Z', '12345678-Z'],
  ['es-dni', 'x1234567l', 'x1234567l'],
  ['es-dni', 'X-1234567-L', 'X-1234567-L'],
  ['it-codice-fiscale', 'RSSMRA85T10A562S', 'RSSMRA85T10A562S'],
  ['pl-pesel', '44051401359', '44051401359', 'pesel'],
  ['br-cpf', '529.982.247-25', '529.982.247-25'],
  ['uk-nino', 'NINO: QQ123456C is an example; NI number: NINO AB123456C', 'AB123456C'],
  ['fi-hetu', '131052-308T', '131052-308T'],
  ['ch-ahv', '756.9217.0769.85', '756.9217.0769.85'],
  ['cn-resident-id', '11010519491231002X', '11010519491231002X'],
  ['ip', 'from 192.168.1.254:5432 to /24', '192.168.1.254'],
  ['ip', '[2001:db8::ff00:42:8329]:443', '2001:db8::ff00:42:8329'],
  ['ip', '::ffff:192.0.2.128', '::ffff:192.0.2.128'],
  ['mac', 'hw 00:1B:44:11:3A:B7 up', '00:1B:44:11:3A:B7'],
  ['mac', '001b.4411.3ab7', '001b.4411.3ab7'],
  ['jwt', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'],
  ['api-key', 'export AWS=AKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE'],
  ['private-key', 'x -----BEGIN PRIVATE KEY-----\nMIIE', '-----BEGIN PRIVATE KEY-----\nMIIE'],
  ['url-credentials', 'postgres://app:s3cr:t@db/x', 'app:s3cr:t'],
  ['url-credentials', 'Server=db;Pwd=hunter2;Port=1', 'hunter2'],
  ['url-credentials', "host=db password='a b'", "'a b'"],
  ['secret', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['secret', '0f3a9c1b7d2e4f60', '0f3a9c1b7d2e4f60', 'api_secret'],
  ['date-of-birth', '1985-03-12', '1985-03-12', 'dateOfBirth'],
  ['date-of-birth', 'born on March 12th, 1985 in Bonn', 'March 12th, 1985'],
  ['date-of-birth', '19850312', '19850312', 'geburtsdatum'],
  ['phone', 'call +44 20 7946 0958 now', '+44 20 7946 0958'],
  ['phone', '(415) 555-2671', '(415) 555-2671'],
  ['phone', '4155552671', '4155552671', 'customers.mobile_phone'],
  ['phone', 'tel. 0044 20 7946 0958', '0044 20 7946 0958'],
];

const NEGATIVES: readonly (readonly [detector: string, text: string, column?: string])[] = [
  ['email', 'logo@2x.png and @mention, user@host, pkg@1.2.3, a@b..com'],
  ['email', 'git@github.com:acme/app.git'],
  ['card', '4111 1111 1111 1112'],
  ['card', '1764158400000000 1.4111111111111111'],
  ['card', '550e8400-e29b-41d4-a716-446655440000'],
  ['card', 'DE89 3704 0044 0532 0130 00'],
  ['iban', 'DE88 3704 0044 0532 0130 00'],
  ['iban', 'XX89370400440532013000'],
  ['us-ssn', '000-12-3456 666-12-3456 123-00-4567 123-45-0000 078-05-1120'],
  ['us-ssn', '536228726'],
  ['us-itin', '912-93-1234'],
  ['de-steuer-id', '86095742718'],
  ['es-dni', '12345678A'],
  ['it-codice-fiscale', 'RSSMRA85T10A562T'],
  ['pl-pesel', '44051401359'],
  ['br-cpf', '111.111.111-11'],
  ['uk-nino', 'AB123456C'],
  ['nl-bsn', '111222333'],
  ['ip', 'v1.2.3.4 version 1.2.3.4, 1.2.3, 1.2.3.4.5, 256.1.1.1, 01.2.3.4'],
  ['ip', '12:34:56 std::vector 2026-11-26T12:34:56'],
  ['mac', '00:00:00:00:00:00 12:34:56 00:1a:2b:3c:4d:5e:6f'],
  ['jwt', 'eyJhYmMiOjF9.eyJzdWIiOiIxIn0.abc'],
  ['api-key', 'AKIA and sk-short and task-0123456789012345678901234567890123456789'],
  ['private-key', '-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----'],
  ['url-credentials', 'https://example.com:8080/a@b and mailto:x@y.example'],
  ['secret', '550e8400-e29b-41d4-a716-446655440000'],
  ['secret', 'd41d8cd98f00b204e9800998ecf8427e da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['secret', 'getUserByIdAndUpdateTheirLastSeenAt2 /usr/lib/node_modules/typescript-5.4.2/bin'],
  ['date-of-birth', 'created 1985-03-12'],
  ['date-of-birth', '1985-13-12', 'dob'],
  ['phone', 'order 415-555-2671'],
  ['phone', '4155552671'],
  ['phone', '2026-11-26 12:34:56'],
  ['phone', '978-3-16-148410-0'],
  ['phone', '+999 12 345 678'],
];

describe('a detector', () => {
  for (const [detector, text, value, column] of POSITIVES) {
    it(`P5: ${detector} finds in ${JSON.stringify(text)}: ${value}`, () => {
      expect(found(detector, text, column)).toEqual([value]);
    });
  }

  for (const [detector, text, column] of NEGATIVES) {
    it(`${detector} finds nothing in ${JSON.stringify(text)}`, () => {
      expect(found(detector, text, column)).toEqual([]);
    });
  }

  it('P5: of overlapping findings the whole is covered, named by what holds the others', () => {
    const text = 'postgres://user:pa@ss@db.example.com/x';
    const spans = set.scanner(['email', 'url-credentials']).scanText(text);
    expect(spans).toEqual([{ start: 11, end: text.length - 2, detector: 'url-credentials' }]);
  });

  it('names that there are not are refused with those that there are', () => {
    expect(() => set.scanner(['emial'])).toThrow(/no detector `emial`; there are .*email/);
  });
});

describe('P5: an attempt to get around a detector', () => {
  it.each([
    ['email', 'alice\u200b@exam\u200bple.com', 'characters of no width'],
    ['email', 'alice＠example．com', 'full-width signs'],
    ['email', 'alice%40example.com', 'percent-encoding'],
    ['email', 'ALICE@EXAMPLE.COM', 'upper case'],
    ['email', '𝐚𝐥𝐢𝐜𝐞@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦', 'mathematical letters'],
    ['card', '４１１１１１１１１１１１１１１１', 'full-width digits'],
    ['card', '٤١١١١١١١١١١١١١١١', 'Arabic-Indic digits'],
    ['card', '4111\u00a01111\u20091111\u20021111', 'odd spaces'],
    ['card', '4111–1111–1111–1111', 'en dashes'],
    ['card', '4111\u00ad1111\u00ad1111\u00ad1111', 'soft hyphens'],
    ['card', '4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1', 'a dash after each digit'],
    ['card', '4111.1111.1111.1111', 'dots'],
    ['card', '4111%201111%201111%201111', 'encoded spaces'],
    ['iban', 'de89-3704-0044-0532-0130-00', 'lower case and dashes'],
    ['us-ssn', '536\u20122\u200b2\u20128726', 'figure dashes and no width'],
    ['private-key', Buffer.from('-----BEGIN PRIVATE KEY-----\nabc').toString('base64'), 'base64 of PEM'],
  ])('%s: %j (%s) is found', (detector, text) => {
    expect(found(detector, text)).toEqual([text]);
  });

  it.each([
    ['email', 'alice at example dot com', 'words for signs'],
    ['email', 'moc.elpmaxe@ecila'.replace('@', ' '), 'reversed text'],
    ['card', '4111x1111x1111x1111', 'letters between'],
    ['card', Buffer.from('4111111111111111').toString('base64'), 'base64'],
    ['card', 'four one one one', 'words'],
  ])('%s: %j (%s) is not: such a column needs a mask of its own', (detector, text) => {
    expect(found(detector, text)).toEqual([]);
  });
});
