/** What a permit obliges the gateway to do, in words. */
import { Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { durationText } from '../../design/moments.tsx';
import { Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';

type Fields = Readonly<Record<string, unknown>>;

/** One tag an obligation. */
export function Obligations({ obligations }: { readonly obligations: readonly object[] }): ReactNode {
  if (obligations.length === 0) return null;
  return (
    <Group gap="xs">
      {obligations.map((obligation, index) => (
        <Obligation key={index} obligation={obligation as Fields} />
      ))}
    </Group>
  );
}

function Obligation({ obligation }: { readonly obligation: Fields }): ReactNode {
  switch (obligation['kind']) {
    case 'mask':
      return (
        <Tag icon="mask" tone="see">
          <VisibleText>{maskText(obligation)}</VisibleText>
        </Tag>
      );
    case 'approval':
      return (
        <Tag icon="person" tone="wait">
          <VisibleText>{approvalText(obligation)}</VisibleText>
        </Tag>
      );
    case 'limits':
      return (
        <Tag icon="clock" tone="plain">
          <VisibleText>{limitsText(obligation)}</VisibleText>
        </Tag>
      );
    default:
      return <Tag tone="plain">{String(obligation['kind'])}</Tag>;
  }
}

/** How a value is shown instead. */
const METHODS: Readonly<Record<string, string>> = {
  null: 'as NULL',
  redact: 'redacted',
  fixed: 'replaced',
  pseudonym: 'as a pseudonym',
  partial: 'shown in part',
};

function maskText({ columns, method, detect }: Fields): string {
  const found = list(detect);
  const inWhat = list(columns).join(', ');
  const what = found.length === 0 ? inWhat : `${found.join(', ')}${inWhat === '' ? '' : ` in ${inWhat}`}`;
  return `${what}: ${METHODS[String(method)] ?? String(method)}`;
}

function approvalText({ by, count, withinMs }: Fields): string {
  const people = typeof count === 'number' && count > 1 ? `${count} people` : 'one person';
  const within = typeof withinMs === 'number' ? ` within ${durationText(withinMs)}` : '';
  return `${people} of ${list(by).join(' or ')} must agree${within}`;
}

function limitsText({ kind: _, rule: __, ...limits }: Fields): string {
  const words: Readonly<Record<string, (value: number) => string>> = {
    rows: (value) => `${value.toLocaleString('en')} rows`,
    bytes: (value) => `${value.toLocaleString('en')} bytes`,
    timeoutMs: (value) => durationText(value),
    statementsPerMinute: (value) => `${value} a minute`,
    distinctTables: (value) => `${value} tables`,
    sessions: (value) => `${value} sessions`,
  };
  const parts = Object.entries(limits).map(([name, value]) =>
    typeof value === 'number' ? (words[name]?.(value) ?? `${name} ${value}`) : name,
  );
  return `at most ${parts.join(', ')}`;
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
