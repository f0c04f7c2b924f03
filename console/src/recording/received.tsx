/** What came back: tables, texts, reports of errors. All of it is text of others. */
import { Button, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import pieces from '../design/pieces.module.css';
import { Tag } from '../design/pieces.tsx';
import { Statement } from '../design/statement.tsx';
import { VisibleText } from '../design/visible-text.tsx';
import classes from './exchange.module.css';
import type { ResultTable, ShownExchange } from './story.ts';

const ROWS_AT_FIRST = 6;

/** The results of an exchange; nothing where there are none. */
export function Received({ exchange }: { readonly exchange: ShownExchange }): ReactNode {
  const { tables, reports, sent, received, isCut } = exchange;
  const isHttp = exchange.protocol === 'http';
  const hasTexts = sent !== '' || received !== '';
  if (tables.length === 0 && reports.length === 0 && !hasTexts && !isCut) return null;
  return (
    <Stack className={classes.came} gap="sm">
      {reports.map(({ severity, code, message }, index) => (
        <div key={index}>
          <Tag icon="alert" tone={severity === 'error' ? 'bad' : 'plain'}>
            <VisibleText>{code === '' ? severity : code}</VisibleText>
          </Tag>{' '}
          <VisibleText>{message}</VisibleText>
        </div>
      ))}
      {tables.map((table, index) => (
        <Table key={index} masked={maskedNames(exchange)} table={table} />
      ))}
      {hasTexts ? (
        <div className={classes.pair} style={isHttp ? undefined : { gridTemplateColumns: 'minmax(0, 1fr)' }}>
          {sent === '' ? null : <Text label="Sent" text={isHttp ? pretty(sent) : sent} />}
          {received === '' ? null : (
            <Text
              label={isHttp ? 'Came back, as masked' : 'Output'}
              text={isHttp ? pretty(received) : received}
            />
          )}
        </div>
      ) : null}
      {isCut ? (
        <span className={pieces.note}>
          The record of this result is not whole; the audit says how much is missing.
        </span>
      ) : null}
    </Stack>
  );
}

/** Last parts of the names of masked columns, as a table's head has them. */
function maskedNames({ masked }: ShownExchange): ReadonlySet<string> {
  return new Set(masked.map(({ column }) => column.split('.').at(-1) ?? column));
}

function Table(props: { readonly table: ResultTable; readonly masked: ReadonlySet<string> }): ReactNode {
  const { table, masked } = props;
  const [isWhole, setIsWhole] = useState(false);
  const rows = isWhole ? table.rows : table.rows.slice(0, ROWS_AT_FIRST);
  const hidden = table.rows.length - rows.length;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
      <div aria-label="Result" className={pieces.tableWrap} role="region" tabIndex={0}>
        <table className={pieces.table}>
          <thead>
            <tr>
              {table.columns.map(({ name, type }, index) => (
                <th key={index} scope="col" title={type}>
                  <span className={masked.has(name) ? classes.masked : undefined}>
                    <VisibleText>{name}</VisibleText>
                    {masked.has(name) ? <span className="visually-hidden"> (masked)</span> : null}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, row) => (
              <tr key={row}>
                {cells.map((cell, index) => (
                  <td key={index}>
                    {cell === null ? (
                      <span className={pieces.null}>NULL</span>
                    ) : (
                      <span
                        className={masked.has(table.columns[index]?.name ?? '') ? classes.masked : undefined}
                      >
                        <VisibleText>{cell}</VisibleText>
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 ? (
        <Button
          onClick={() => setIsWhole(true)}
          size="compact-xs"
          style={{ alignSelf: 'start' }}
          variant="subtle"
        >
          {hidden} more {hidden === 1 ? 'row' : 'rows'}
        </Button>
      ) : null}
      {table.furtherRows > 0 ? (
        <span className={pieces.note}>
          and {table.furtherRows} more, which are in the export: `sallyport sessions export`
        </span>
      ) : null}
    </>
  );
}

function Text({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <div>
      <h4>{label}</h4>
      <Statement label={label} text={text} />
    </div>
  );
}

/** JSON of a body with line ends, where it is some. */
function pretty(message: string): string {
  const at = message.indexOf('\n\n');
  if (at < 0) return message;
  const body = message.slice(at + 2);
  try {
    return `${message.slice(0, at)}\n\n${JSON.stringify(JSON.parse(body), null, 2)}`;
  } catch {
    return message;
  }
}
