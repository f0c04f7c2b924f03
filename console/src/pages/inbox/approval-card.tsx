/** Everything an approver has to read before they answer. */
import { Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type {
  ApiApprovalDetail,
  ApiApprovalParameter,
  ApiQuorum,
} from '../../../../gateway/src/api/contract/approval.ts';
import { approval as approvalQuery } from '../../api/queries.ts';
import { useViewer } from '../../app/viewer.tsx';
import { Ago, fullTime } from '../../design/moments.tsx';
import pieces from '../../design/pieces.module.css';
import { Facts, Failure, Loading, Mono, Panel, Tag } from '../../design/pieces.tsx';
import { Statement } from '../../design/statement.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { AnswerForm } from './answer-form.tsx';
import { Before } from './before.tsx';
import { BeforeThis } from './before-this.tsx';
import { Countdown } from './countdown.tsx';
import classes from './inbox.module.css';
import { Preview } from './preview.tsx';
import { StatusTag } from './status-tag.tsx';

/** One request. */
export function ApprovalCard({ id }: { readonly id: string }): ReactNode {
  const { data, error, refetch } = useQuery(approvalQuery(id));
  const { canRead } = useViewer();
  if (data === undefined) {
    return (
      <Panel>
        {error === null ? <Loading rows={8} /> : <Failure again={() => void refetch()} error={error} />}
      </Panel>
    );
  }
  return (
    <Stack gap="md">
      <Panel
        aside={
          data.status === 'open' ? (
            <Countdown until={data.expiresAt} />
          ) : (
            <Ago at={data.closedAt ?? data.createdAt} />
          )
        }
        isFlush
        title={<StatusTag status={data.status} />}
      >
        <Stack className={pieces.panelBody} gap="lg">
          <Statement isSql={data.protocol === 'postgres'} text={data.text} />
          {data.textLength > data.text.length ? (
            <span>
              Cut here: the whole has {data.textLength.toLocaleString('en')} characters. Deny what you cannot
              read.
            </span>
          ) : null}
          <Parameters approval={data} />
          <Preview approval={data} />
          <Who approval={data} />
        </Stack>
        {data.status === 'open' || data.status === 'approved' ? (
          <AnswerForm
            approval={data}
            gives="Agreed, for one execution of exactly this."
            hasKeys
            path={`/v1/approvals/${data.id}`}
            verb="Approve once"
          />
        ) : null}
      </Panel>
      <Panel title="Who has to agree">
        {data.quorums.map((quorum) => (
          <QuorumRow isOpen={data.status === 'open'} key={quorum.rule} quorum={quorum} />
        ))}
        <Answers approval={data} />
      </Panel>
      {canRead ? <BeforeThis approval={data} /> : <Before approval={data} />}
    </Stack>
  );
}

function Who({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  const { requester } = approval;
  const chain = requester.delegation.map(({ subject }) => subject);
  const facts: (readonly [string, ReactNode])[] = [
    ['Asked by', <VisibleText key="by">{requester.subject}</VisibleText>],
    [
      'Through the agent',
      <VisibleText key="agent">{chain[0] ?? requester.agent ?? 'none named'}</VisibleText>,
    ],
    ['On', <Mono key="on">{`${approval.resource} as ${approval.account}`}</Mono>],
    ['Asked', fullTime(approval.createdAt)],
    [
      'Session',
      <Link key="session" params={{ session: approval.session }} to="/sessions/$session">
        see what it does
      </Link>,
    ],
    ['Policy', <Mono key="policy">{(approval.policy.commit ?? approval.policy.hash).slice(0, 12)}</Mono>],
  ];
  if (requester.run !== undefined) facts.splice(2, 0, ['Run', <Mono key="run">{requester.run}</Mono>]);
  return <Facts facts={facts} />;
}

function Parameters({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  if (approval.parameters.length === 0) return null;
  return (
    <div className={pieces.tableWrap}>
      <table className={pieces.table}>
        <caption className="visually-hidden">Values beside the statement</caption>
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">Type</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {approval.parameters.map((parameter, index) => (
            <tr key={index}>
              <td>${index + 1}</td>
              <td>
                <VisibleText>{typeText(parameter.type)}</VisibleText>
              </td>
              <td>
                <ParameterValue parameter={parameter} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {approval.furtherParameters > 0 ? <p>and {approval.furtherParameters} more</p> : null}
    </div>
  );
}

/** Types of PostgreSQL that people meet, by number; a client need not name one. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  0: 'not named',
  16: 'bool',
  17: 'bytea',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  25: 'text',
  114: 'json',
  700: 'float4',
  701: 'float8',
  1043: 'varchar',
  1082: 'date',
  1114: 'timestamp',
  1184: 'timestamptz',
  1700: 'numeric',
  2950: 'uuid',
  3802: 'jsonb',
};

/** `20 binary` is int8, sent in binary; types of other protocols are names already. */
function typeText(type: string): string {
  const [, number, format] = /^(\d+) (text|binary)$/.exec(type) ?? [];
  if (number === undefined) return type;
  const name = TYPE_NAMES[number] ?? `type ${number}`;
  return format === 'binary' ? `${name}, binary` : name;
}

function ParameterValue({ parameter }: { readonly parameter: ApiApprovalParameter }): ReactNode {
  if (parameter.sensitive) {
    return (
      <Tag icon="mask" tone="plain">
        meets a masked column: not shown
      </Tag>
    );
  }
  if (parameter.value === null || parameter.value === undefined)
    return <span className={pieces.null}>NULL</span>;
  return (
    <>
      <VisibleText>{parameter.value}</VisibleText>
      {parameter.truncated ? ' … (cut)' : ''}
    </>
  );
}

function QuorumRow({ quorum, isOpen }: { readonly quorum: ApiQuorum; readonly isOpen: boolean }): ReactNode {
  const { rule, groups, count, missing } = quorum;
  return (
    <div className={classes.quorum}>
      <span>
        {count === 1 ? 'One person' : `${count} people`} of{' '}
        <strong>
          <VisibleText>{groups.join(' or ')}</VisibleText>
        </strong>
      </span>
      {missing === 0 ? (
        <Tag icon="check" tone="good">
          agreed
        </Tag>
      ) : (
        <Tag tone={isOpen ? 'wait' : 'plain'}>
          {count - missing} of {count}
        </Tag>
      )}
      <Mono>{rule}</Mono>
    </div>
  );
}

function Answers({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  return approval.answers.map((answer, index) => (
    <Group gap="sm" key={index} mt="sm">
      <Tag
        icon={answer.verdict === 'approve' ? 'check' : 'cross'}
        tone={answer.verdict === 'approve' ? 'good' : 'bad'}
      >
        {answer.verdict === 'approve' ? 'agreed' : 'denied'}
      </Tag>
      <span>
        <VisibleText>{answer.by?.subject ?? 'an approver'}</VisibleText>
        {answer.comment === undefined ? null : (
          <>
            : “<VisibleText>{answer.comment}</VisibleText>”
          </>
        )}
      </span>
      <Ago at={answer.at} />
    </Group>
  ));
}
