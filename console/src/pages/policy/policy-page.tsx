/** The rules in effect, how often each decided, and a place to try them. */
import { SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo, useState } from 'react';
import type { PolicySummary } from '../../../../gateway/src/api/contract/policy.ts';
import { policy as policyQuery, statistics } from '../../api/queries.ts';
import { policyRoute } from '../../app/router.tsx';
import { Facts, Failure, Loading, Mono, Page, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { ObservedPanel } from './observed-panel.tsx';
import { Playground } from './playground.tsx';
import { RuleList } from './rule-list.tsx';

const DAYS = 30;
const DAY_MS = 86_400_000;

/** Rules, or the playground. */
export function PolicyPage(): ReactNode {
  const { show = 'rules', rule } = policyRoute.useSearch();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(policyQuery);
  return (
    <Page
      actions={
        <SegmentedControl
          aria-label="What to show"
          data={[
            { value: 'rules', label: 'Rules' },
            { value: 'playground', label: 'Playground' },
          ]}
          onChange={(value) => void navigate({ to: '/policy', search: { show: value } })}
          size="xs"
          value={show}
        />
      }
      text={
        show === 'playground'
          ? 'How would it be decided? Nothing is sent anywhere, and nothing runs.'
          : 'What is allowed, as it stands in the files. Nothing else is: what no rule allows is denied.'
      }
      title="Policy"
    >
      {data === undefined ? (
        <Panel>
          {error === null ? <Loading rows={8} /> : <Failure again={() => void refetch()} error={error} />}
        </Panel>
      ) : show === 'playground' ? (
        <Playground />
      ) : (
        <Stack gap="lg">
          <Version policy={data} />
          <Rules chosen={rule} policy={data} />
        </Stack>
      )}
    </Page>
  );
}

function Version({ policy }: { readonly policy: PolicySummary }): ReactNode {
  return (
    <Panel>
      <Stack gap="md">
        <Facts
          facts={[
            ['Rules', policy.rules.length],
            ['Commit', <Mono key="commit">{policy.version.commit?.slice(0, 12) ?? 'not from Git'}</Mono>],
            ['Hash of the files', <Mono key="hash">{policy.version.hash.slice(0, 16)}</Mono>],
            ['Presets', <VisibleText key="presets">{policy.presets.join(', ') || 'none'}</VisibleText>],
          ]}
        />
        {policy.warnings.map(({ code, message, path, line }) => (
          <div key={`${path}:${line}:${code}`}>
            <Tag icon="alert" tone="wait">
              look at this
            </Tag>{' '}
            <VisibleText>{`${message} (${path}:${line})`}</VisibleText>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}

/** With the counts of a month, where recordings are kept. */
function Rules({ policy, chosen }: { readonly policy: PolicySummary; readonly chosen?: string }): ReactNode {
  const [since] = useState(() => new Date(Math.floor(Date.now() / DAY_MS - DAYS) * DAY_MS).toISOString());
  const { data } = useQuery({ ...statistics(since, 1_440), retry: false });
  const counts = useMemo(() => new Map(data?.rules.map((one) => [one.rule, one])), [data]);
  const observed = policy.rules.filter(({ mode }) => mode === 'observe').map(({ id }) => id);
  return (
    <>
      {data === undefined ? null : <ObservedPanel counts={counts} days={DAYS} observed={observed} />}
      <RuleList
        chosen={chosen}
        counts={data === undefined ? undefined : counts}
        days={DAYS}
        rules={policy.rules}
      />
    </>
  );
}
