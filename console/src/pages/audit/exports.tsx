/** Where the audit is streamed to, and how that does. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiExport } from '../../../../gateway/src/api/contract/audit.ts';
import { auditExports } from '../../api/queries.ts';
import { Ago } from '../../design/moments.tsx';
import pieces from '../../design/pieces.module.css';
import { Failure, Loading, Mono, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';

/** All exports of the gateway. */
export function Exports(): ReactNode {
  const { data, error, refetch } = useQuery({ ...auditExports, refetchInterval: 30_000 });
  return (
    <Panel title="Exports">
      {data === undefined ? (
        error === null ? (
          <Loading rows={2} />
        ) : (
          <Failure again={() => void refetch()} error={error} />
        )
      ) : data.exports.length === 0 ? (
        <p className={pieces.note}>
          The audit is streamed nowhere. Files, webhooks and syslog are named under <Mono>audit.exports</Mono>{' '}
          in the config.
        </p>
      ) : (
        <Table exports={data.exports} />
      )}
    </Panel>
  );
}

function Table({ exports }: { readonly exports: readonly ApiExport[] }): ReactNode {
  return (
    <div className={pieces.tableWrap}>
      <table className={pieces.table}>
        <caption className="visually-hidden">Where the audit is streamed to</caption>
        <thead>
          <tr>
            <th scope="col">Export</th>
            <th scope="col">State</th>
            <th scope="col">Last taken</th>
            <th scope="col">Behind</th>
            <th scope="col">Last failure</th>
          </tr>
        </thead>
        <tbody>
          {exports.map((one) => (
            <tr key={one.name}>
              <td>
                <VisibleText>{one.name}</VisibleText> ({one.to})
              </td>
              <td>
                {one.state === 'ok' ? (
                  <Tag icon="check" tone="good">
                    works
                  </Tag>
                ) : (
                  <Tag icon="alert" tone="bad">
                    fails; tried again
                  </Tag>
                )}
              </td>
              <td>{one.lastSentAt === undefined ? 'not since the start' : <Ago at={one.lastSentAt} />}</td>
              <td>
                {one.behind.toLocaleString('en')} {one.behind === 1 ? 'record' : 'records'}
              </td>
              <td>
                {one.lastFailure === undefined ? (
                  'none since the start'
                ) : (
                  <>
                    <Ago at={one.lastFailure.at} />: <VisibleText>{one.lastFailure.reason}</VisibleText>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
