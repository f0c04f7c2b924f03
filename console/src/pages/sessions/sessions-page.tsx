/** All sessions, and all that was asked in them. */
import { SegmentedControl } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Filters } from '../../api/queries.ts';
import { sessionsRoute } from '../../app/router.tsx';
import { Page, Panel } from '../../design/pieces.tsx';
import { ExchangeList } from './exchange-list.tsx';
import { FilterBar, type FilterField, PERIODS } from './filter-bar.tsx';
import { SessionList } from './session-list.tsx';

const WHO: readonly FilterField[] = [
  { name: 'principal', label: 'Principal or agent', placeholder: 'agent-1' },
  { name: 'resource', label: 'Resource', placeholder: 'shop' },
];
const WHEN: FilterField = { name: 'period', label: 'When', options: PERIODS };

const SESSION_FIELDS: readonly FilterField[] = [
  ...WHO,
  {
    name: 'state',
    label: 'State',
    options: [
      { value: '', label: 'all' },
      { value: 'open', label: 'open now' },
      { value: 'closed', label: 'closed' },
    ],
  },
  WHEN,
];

const EXCHANGE_FIELDS: readonly FilterField[] = [
  { name: 'query', label: 'Words in the request', placeholder: 'orders customer_id' },
  ...WHO,
  { name: 'rule', label: 'Rule', placeholder: 'bounded-writes' },
  { name: 'observed', label: 'Observed rule', placeholder: 'no-exports' },
  {
    name: 'effect',
    label: 'Decision',
    options: [
      { value: '', label: 'all' },
      { value: 'permit', label: 'permitted' },
      { value: 'deny', label: 'denied' },
    ],
  },
  { name: 'decision', label: 'Decision id', placeholder: 'dec_…' },
  { name: 'run', label: 'Run', placeholder: 'run-…' },
  WHEN,
];

/** Two lists, each with its conditions. */
export function SessionsPage(): ReactNode {
  const search = sessionsRoute.useSearch();
  const navigate = useNavigate();
  const { show = 'sessions', ...filters } = search;
  const isExchanges = show === 'exchanges';
  const goTo = (next: string, values: Filters): void => {
    void navigate({ to: '/sessions', search: { show: next, ...values } });
  };
  const fields = isExchanges ? EXCHANGE_FIELDS : SESSION_FIELDS;
  return (
    <Page
      actions={
        <SegmentedControl
          aria-label="What to list"
          data={[
            { value: 'sessions', label: 'Sessions' },
            { value: 'exchanges', label: 'Search in them' },
          ]}
          onChange={(value) => {
            const { principal, resource, period } = filters;
            goTo(value, { principal, resource, period });
          }}
          size="xs"
          value={show}
        />
      }
      text="Every connection of an agent through the gateway, as it happened and as it was masked. Looking at one is itself on record."
      title="Sessions"
    >
      <Panel isFlush>
        <FilterBar
          fields={fields}
          key={`${show} ${JSON.stringify(filters)}`}
          onApply={(values) => goTo(show, values)}
          values={filters}
        />
        {isExchanges ? <ExchangeList filters={filters} /> : <SessionList filters={filters} />}
      </Panel>
    </Page>
  );
}
