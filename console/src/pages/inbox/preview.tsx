/** What a write would do, as the gateway read it, and how many rows it would change. */
import { Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type {
  ApiApprovalDetail,
  ApiRowPreview,
  ApiStatementEffect,
} from '../../../../gateway/src/api/contract/approval.ts';
import { Facts, Mono, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import classes from './inbox.module.css';

/** Nothing where the protocol tells no effects and nobody counted. */
export function Preview({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  const { effects, rows } = approval;
  if (effects.length === 0 && rows === undefined) return null;
  return (
    <Stack gap="sm">
      <Rows rows={rows} />
      {effects.map((effect, index) => (
        <Effect effect={effect} key={index} />
      ))}
    </Stack>
  );
}

function Rows({ rows }: { readonly rows: ApiRowPreview | undefined }): ReactNode {
  if (rows === undefined) return null;
  if (rows.unavailable !== undefined) {
    return (
      <span>
        How many rows it would change is not known: <VisibleText>{rows.unavailable}</VisibleText>
      </span>
    );
  }
  const count = rows.exact ?? rows.estimate ?? 0;
  const many = count === 1 ? '1 row' : `${count.toLocaleString('en')} rows`;
  return (
    <Group gap="sm">
      <Tag icon="alert" tone={count > 1 ? 'wait' : 'mark'}>
        {rows.exact === undefined ? `about ${many}` : many}
      </Tag>
      <span className={classes.itemTop}>
        {rows.exact === undefined
          ? 'by the estimate of the planner'
          : 'counted by running it and rolling it back'}
      </span>
    </Group>
  );
}

function Effect({ effect }: { readonly effect: ApiStatementEffect }): ReactNode {
  const facts: (readonly [string, ReactNode])[] = [['Does', <Mono key="kind">{effect.kind}</Mono>]];
  const add = (name: string, values: readonly string[]): void => {
    if (values.length > 0) facts.push([name, <Mono key={name}>{values.join(', ')}</Mono>]);
  };
  add('Writes to', effect.writtenTables);
  add('Columns', effect.writtenColumns);
  add('Reads', effect.readTables);
  add('Calls', effect.functions);
  facts.push([
    'Bounded',
    effect.boundedByKey ? (
      'by a unique key'
    ) : effect.hasWhere ? (
      'by a condition'
    ) : (
      <Tag key="b" tone="bad">
        not at all
      </Tag>
    ),
  ]);
  return <Facts facts={facts} />;
}
