/** Ways to get more rows than a limit allows out of one result. */
import { bind, execute, parse, query, sync } from '../messages.ts';

/** Rows that the policy allows; the table `many` has ten times as many. */
export const LIMIT = 10;

const all = (...messages: readonly Buffer[]): Buffer => Buffer.concat(messages);
const times = (count: number, message: Buffer): Buffer =>
  all(...Array.from({ length: count }, () => message));

/** Steps by what they try; each is sent when the one before is answered. */
export const ROWS: Readonly<Record<string, readonly Buffer[]>> = {
  'part by part, each in a batch of its own': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind('', 'p'), execute('p', LIMIT), sync()),
    ...Array.from({ length: 9 }, () => all(execute('p', LIMIT), sync())),
  ],
  'part by part, all in one batch': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind('', 'p'), times(10, execute('p', LIMIT)), sync()),
  ],
  'part by part, all in one packet of many batches': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind('', 'p'), sync()),
    times(10, execute('p', LIMIT)),
    sync(),
  ],
  'row by row': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind('', 'p'), times(50, execute('p', 1)), sync()),
  ],
  'by the unnamed portal': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind(), times(10, execute('', LIMIT)), sync()),
  ],
  'in one text of two statements': [
    query('SELECT id FROM many LIMIT 10; SELECT id FROM many OFFSET 10 LIMIT 10'),
  ],
  'by COPY': [query('COPY many TO STDOUT')],
  'by FETCH in one text': [
    query('BEGIN'),
    query('DECLARE c CURSOR FOR SELECT id FROM many'),
    query(Array.from({ length: 10 }, () => `FETCH ${LIMIT} FROM c`).join('; ')),
  ],
};

/** The same by cursors. */
export const CURSOR_ROWS: Readonly<Record<string, readonly Buffer[]>> = {
  'by FETCH after FETCH': [
    query('BEGIN'),
    query('DECLARE c CURSOR FOR SELECT id FROM many'),
    ...Array.from({ length: 10 }, () => query(`FETCH ${LIMIT} FROM c`)),
  ],
  'by FETCH after FETCH, pipelined': [
    query('BEGIN'),
    query('DECLARE c CURSOR FOR SELECT id FROM many'),
    all(...Array.from({ length: 10 }, () => all(parse(`FETCH ${LIMIT} FROM c`), bind(), execute())), sync()),
  ],
  'by FETCH from a portal of the protocol': [
    query('BEGIN'),
    all(parse('SELECT id FROM many'), bind('', 'p'), execute('p', LIMIT), sync()),
    query(`FETCH ${LIMIT} FROM p`),
  ],
  'by a cursor with hold, over transactions': [
    query('DECLARE c CURSOR WITH HOLD FOR SELECT id FROM many'),
    ...Array.from({ length: 5 }, () => query(`FETCH ${LIMIT} FROM c`)),
  ],
};
