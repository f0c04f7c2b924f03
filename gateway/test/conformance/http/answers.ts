/** The shapes in which the service tells rows. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Target } from '../driver.ts';
import { type Row, rowsOf } from '../rows.ts';

/** Writes the rows of a target; a streamed one is begun at once, and goes on for a minute where the target is slow. */
export type Shape = (response: ServerResponse, target: Target) => void;

/** A whole body with its length. */
export function tell(response: ServerResponse, type: string, body: string | Buffer): void {
  const bytes = Buffer.from(body);
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
}

/** Of what streams: how long a slow one is silent in the middle. */
const SLOW_MS = 60_000;

function stream(response: ServerResponse, type: string, pieces: readonly string[], isSlow: boolean): void {
  response.writeHead(200, { 'content-type': type });
  const [first = '', ...others] = pieces;
  response.write(first);
  const rest = (): void => {
    for (const piece of others) response.write(piece);
    response.end();
  };
  const timer = setTimeout(rest, isSlow ? SLOW_MS : 0);
  response.on('close', () => clearTimeout(timer));
}

const json = (rows: readonly Row[]): string => JSON.stringify({ rows });

const csv = (rows: readonly Row[]): string =>
  ['id,label,word', ...rows.map(({ id, label, word }) => `${id},${label},${word}`), ''].join('\r\n');

const xml = (rows: readonly Row[]): string => {
  const row = ({ id, label, word }: Row): string =>
    `<row><id>${id}</id><label>${label}</label><word>${word}</word></row>`;
  return `<?xml version="1.0"?><rows>${rows.map(row).join('')}</rows>`;
};

const html = (rows: readonly Row[]): string =>
  `<!doctype html><ul>${rows.map(({ label, word }) => `<li>${label}: ${word}</li>`).join('')}</ul>`;

const fieldsOf = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ label, word }) => ['label', label, 'word', word]);

/** By the first segment of the path. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  json: (response, target) => tell(response, 'application/json', json(rowsOf(target))),
  csv: (response, target) => tell(response, 'text/csv', csv(rowsOf(target))),
  xml: (response, target) => tell(response, 'application/xml', xml(rowsOf(target))),
  html: (response, target) => tell(response, 'text/html; charset=utf-8', html(rowsOf(target))),
  binary: (response, target) => tell(response, 'application/octet-stream', json(rowsOf(target))),
  gzip(response, target) {
    response.setHeader('content-encoding', 'gzip');
    tell(response, 'application/json', gzipSync(json(rowsOf(target))));
  },
  error(response, target) {
    const body = JSON.stringify({ error: 'cannot take these', rows: rowsOf(target) });
    response.writeHead(422, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  },
  range(response, target) {
    const body = json(rowsOf(target));
    response.writeHead(206, {
      'content-type': 'application/json',
      'content-length': body.length,
      'content-range': `bytes 0-${body.length - 1}/${body.length}`,
    });
    response.end(body);
  },
  fields(response, target) {
    // What is as large as that stands in no head.
    const isLarge = target === 'large';
    response.writeHead(200, [
      ...(isLarge ? [] : fieldsOf(rowsOf(target))),
      'content-type',
      'application/json',
      'content-length',
      String(isLarge ? json(rowsOf(target)).length : 2),
    ]);
    response.end(isLarge ? json(rowsOf(target)) : '{}');
  },
  cookies(response, target) {
    const rows = target === 'large' ? [] : rowsOf(target);
    const cookies = rows.flatMap(({ id, word }) => ['set-cookie', `word=${word}; Path=/${id}`]);
    const body =
      target === 'large' ? json(rowsOf(target)) : JSON.stringify(rows.map(({ label }) => ({ label })));
    const head = ['content-type', 'application/json', 'content-length', String(body.length)];
    response.writeHead(200, [...cookies, ...head]).end(body);
  },
  stream(response, target) {
    const pieces = rowsOf(target).map((row, index) => `${index === 0 ? '' : ','}${JSON.stringify(row)}`);
    stream(response, 'application/json', ['{"rows":[', ...pieces, ']}'], target === 'slow');
  },
  ndjson(response, target) {
    const pieces = rowsOf(target).map((row) => `${JSON.stringify(row)}\n`);
    stream(response, 'application/x-ndjson', ['\n', ...pieces], target === 'slow');
  },
  events(response, target) {
    const pieces = rowsOf(target).map((row) => `id: ${row.id}\ndata: ${JSON.stringify(row)}\n\n`);
    stream(response, 'text/event-stream', [': begin\n\n', ...pieces], target === 'slow');
  },
  trailers(response, target) {
    const rows = rowsOf(target);
    const isLarge = target === 'large';
    response.setHeader('trailer', 'label, word');
    if (!isLarge)
      response.addTrailers(
        rows.flatMap(({ label, word }): [string, string][] => [
          ['label', label],
          ['word', word],
        ]),
      );
    stream(response, 'application/json', ['{"rows":', isLarge ? json(rows) : 'null', '}'], target === 'slow');
  },
};
