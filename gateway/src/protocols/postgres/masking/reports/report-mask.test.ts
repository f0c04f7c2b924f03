import { describe, expect, it } from 'vitest';
import { OUTSIDE } from '../../../../sql/postgres/row-filters/outside.ts';
import { decodeErrorResponse, encodeReportFields } from '../../wire/backend/error-response.ts';
import {
  decodeNotificationResponse,
  encodeNotificationResponse,
} from '../../wire/backend/notification-response.ts';
import { decodeParameterStatus, encodeParameterStatus } from '../../wire/backend/parameter-status.ts';
import { MaskTally } from '../mask-tally.ts';
import { detecting, whole } from '../testing/fixtures.ts';
import { ReportMask } from './report-mask.ts';
import { SessionReports } from './session-reports.ts';

const columns = [whole(['*.email'], 'partial')];

function mask(fields: Readonly<Record<string, string>>, masks = columns): Record<string, string> {
  const bytes = encodeReportFields('error', new Map(Object.entries(fields)));
  const out = new ReportMask(masks, new MaskTally()).report('error', bytes, 0, bytes.length);
  return Object.fromEntries(decodeErrorResponse(out, 0, out.length).fields);
}

describe('errors under masks on columns', () => {
  it('P5: keep what names the error and its place, and lose what repeats values', () => {
    const error = {
      S: 'ERROR',
      V: 'ERROR',
      C: '23505',
      M: 'duplicate key value violates unique constraint "customers_email_key"',
      D: 'Key (email)=(alice@example.com) already exists.',
      s: 'public',
      t: 'customers',
      n: 'customers_email_key',
      F: 'nbtinsert.c',
      L: '666',
      R: '_bt_check_unique',
    };
    const { D: _, ...kept } = error;
    expect(mask(error)).toEqual(kept);
  });

  it.each([
    ['22P02', 'invalid input syntax for type integer: "alice"'],
    ['P0001', 'balance of alice is 12'],
    ['22007', 'invalid input syntax for type date: "alice"'],
    ['XX000', 'alice'],
    ['42P01', 'relation "alice" does not exist\nalice'],
    ['99999', 'alice'],
  ])('P5: %s: %s is told by its condition alone', (code, message) => {
    const masked = mask({ S: 'ERROR', C: code, M: message, P: '12', H: 'alice?', W: 'alice', q: 'alice' });
    expect(masked).toMatchObject({ S: 'ERROR', C: code, P: '12' });
    expect(masked['M']).toContain('withheld');
    expect(JSON.stringify(masked)).not.toContain('alice');
  });

  it('what a row filter says of a new row passes, and nothing beside it', () => {
    const told = `invalid input syntax for type boolean: "${OUTSIDE}"`;
    expect(mask({ S: 'ERROR', C: '22P02', M: told })['M']).toBe(told);
    for (const more of [`${told} alice`, told.replace('new row', 'alice'), told.replace(/"$/, 'alice"')])
      expect(mask({ S: 'ERROR', C: '22P02', M: more })['M']).toContain('withheld');
  });

  it('P5: nothing that a function raises passes, not even as a name', () => {
    const raised = {
      S: 'ERROR',
      C: '42P01',
      M: 'relation "alice" does not exist',
      t: 'alice',
      R: 'exec_stmt_raise',
      W: 'x',
    };
    expect(JSON.stringify(mask(raised))).not.toContain('alice');
    expect(JSON.stringify(mask({ ...raised, R: 'parserOpenTable' }))).not.toContain('does not exist');
  });

  it.each([
    ['42P01', 'relation "nope" does not exist'],
    ['42703', 'column "x" of relation "y" does not exist'],
    ['42703', 'column c.x does not exist'],
    ['42601', 'syntax error at or near "FORM"'],
    ['57014', 'canceling statement due to statement timeout'],
    ['25P02', 'current transaction is aborted, commands ignored until end of transaction block'],
    ['42883', 'function lower(integer) does not exist'],
    ['42883', 'operator does not exist: text = integer'],
    ['23502', 'null value in column "id" of relation "orders" violates not-null constraint'],
    ['42501', 'permission denied for table orders'],
  ])('%s: %s passes: agents mend their statements by it', (code, message) => {
    expect(mask({ S: 'ERROR', C: code, M: message })['M']).toBe(message);
  });

  it('a report without SQLSTATE or message stays one', () => {
    expect(mask({ S: 'ERROR' })).toEqual({ S: 'ERROR' });
  });
});

describe('texts under detectors', () => {
  it('P5: every field of words is looked through', () => {
    const masked = mask({ S: 'ERROR', C: '22P02', M: 'a secret', D: 'secret', W: 'ok' }, [detecting()]);
    expect(masked).toEqual({ S: 'ERROR', C: '22P02', M: 'a ######', D: '######', W: 'ok' });
  });

  it('P5: notifications lose findings, and under masks on columns their payload', () => {
    const bytes = encodeNotificationResponse({ processId: 1, channel: 'c', payload: 'a secret' });
    const payload = (masks: typeof columns): string => {
      const out = new ReportMask(masks, new MaskTally()).notification(bytes, 0, bytes.length);
      return decodeNotificationResponse(out, 0, out.length).payload;
    };
    expect([payload([detecting()]), payload(columns)]).toEqual(['a ######', '']);
  });

  it('P5: settings that hold words of a client are looked through', () => {
    const tally = new MaskTally();
    const report = new ReportMask([detecting()], tally);
    const value = (name: string): string => {
      const bytes = encodeParameterStatus(name, 'secret');
      const out = report.parameterStatus(bytes, 0, bytes.length);
      return decodeParameterStatus(out, 0, out.length).value;
    };
    expect([value('application_name'), value('server_version')]).toEqual(['######', 'secret']);
    expect(tally.summary()).toMatchObject({ texts: 1, detectors: { word: 1 } });
  });
});

describe('a session', () => {
  const note = encodeNotificationResponse({ processId: 1, channel: 'c', payload: 'a secret' });
  const payload = (session: SessionReports): string | undefined => {
    const out = session.notification(note, 0, note.length);
    return out && decodeNotificationResponse(out, 0, out.length).payload;
  };

  it('P5: applies every mask that was in force in it to what comes outside of exchanges', () => {
    const session = new SessionReports();
    expect(payload(session)).toBeUndefined();
    session.remember([detecting()]);
    expect(payload(session)).toBe('a ######');
    session.remember(columns);
    session.remember([]);
    expect(payload(session)).toBe('');
    const notice = encodeReportFields(
      'notice',
      new Map([
        ['S', 'NOTICE'],
        ['C', '00000'],
        ['M', 'alice'],
      ]),
    );
    expect(session.report('notice', notice, 0, notice.length)?.includes('alice')).toBe(false);
    expect(session.summary()?.texts).toBeGreaterThan(2);
  });

  it('P10: with more masks than are told apart everything is withheld', () => {
    const session = new SessionReports();
    session.remember(Array.from({ length: 257 }, () => detecting([], ['email'])));
    expect(payload(session)).toBe('');
  });
});
