/** The first page: what the last run did, what waits, and pictures of what was decided. */
import { SegmentedControl, Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, Navigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { ApiStatistics } from '../../../../gateway/src/api/contract/statistics.ts';
import { approvals, runs, statistics } from '../../api/queries.ts';
import { useViewer } from '../../app/viewer.tsx';
import { DecisionChart } from '../../design/bar-chart.tsx';
import { Icon } from '../../design/icons.tsx';
import { useNow } from '../../design/moments.tsx';
import { Empty, Failure, Loading, Page, Panel } from '../../design/pieces.tsx';
import { RankList } from '../../design/rank-list.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { RunCard } from '../runs/run-card.tsx';
import classes from './home.module.css';

const PERIODS = [
  { value: '3', label: '3 hours', step: 5 },
  { value: '24', label: 'Day', step: 30 },
  { value: '168', label: 'Week', step: 240 },
  { value: '720', label: 'Month', step: 1_440 },
] as const;

/** Whoever may not read sees the inbox instead. */
export function HomePage(): ReactNode {
  const { canRead } = useViewer();
  return canRead ? <Overview /> : <Navigate replace to="/inbox" />;
}

function Overview(): ReactNode {
  const [period, setPeriod] = useState<string>('3');
  const chosen = PERIODS.find(({ value }) => value === period) ?? PERIODS[0];
  const stepMs = chosen.step * 60_000;
  const now = useNow(60_000);
  const beginMs = now - Number(chosen.value) * 3_600_000;
  const since = new Date(Math.floor(beginMs / stepMs) * stepMs).toISOString();
  const query = useQuery({ ...statistics(since, chosen.step), refetchInterval: 15_000 });
  return (
    <Page
      actions={
        <SegmentedControl
          aria-label="Of which time"
          data={PERIODS.map(({ value, label }) => ({ value, label }))}
          onChange={setPeriod}
          size="xs"
          value={period}
        />
      }
      title="Home"
    >
      <Stack gap="lg">
        <WaitingNotice />
        <LatestRuns />
        {query.data === undefined ? (
          <Panel>
            {query.error === null ? (
              <Loading />
            ) : (
              <Failure again={() => void query.refetch()} error={query.error} />
            )}
          </Panel>
        ) : (
          <Pictures statistics={query.data} stepMs={stepMs} />
        )}
        <p className={classes.note}>
          Each decision counts. A prepared statement is decided when it is prepared and again when it runs,
          and what was held for people counts as denied: the page of a run tells them apart.
        </p>
      </Stack>
    </Page>
  );
}

function WaitingNotice(): ReactNode {
  const { data } = useInfiniteQuery(approvals('open'));
  const waiting = (data?.pages ?? []).flatMap((page) => page.approvals);
  const [first] = waiting;
  if (first === undefined) return null;
  return (
    <Link className={classes.notice} search={{ look: first.id }} to="/inbox">
      <Icon name="clock" size={20} />
      <span>
        <strong>
          {waiting.length === 1 ? 'One request waits' : `${waiting.length} requests wait`} for people:
        </strong>{' '}
        <VisibleText>{first.summary}</VisibleText>
      </span>
      <Icon name="arrow" />
    </Link>
  );
}

function LatestRuns(): ReactNode {
  const { data, error } = useInfiniteQuery({ ...runs({}, 5), refetchInterval: 15_000 });
  const list = data?.pages[0]?.runs;
  return (
    <Panel aside={<Link to="/runs">All runs</Link>} isFlush title="Latest runs">
      {list === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Failure error={error} />
        )
      ) : list.length === 0 ? (
        <Empty icon="agent" title="No agent has been here yet">
          Point one at the gateway: it only needs another URL, and its token as the password.
        </Empty>
      ) : (
        list.slice(0, 5).map((run) => <RunCard key={run.id} run={run} />)
      )}
    </Panel>
  );
}

function Pictures(props: { readonly statistics: ApiStatistics; readonly stepMs: number }): ReactNode {
  const { series, agents, rules, since, until } = props.statistics;
  const denying = rules
    .filter(({ denied }) => denied > 0)
    .sort((left, right) => right.denied - left.denied)
    .slice(0, 8);
  const permitted = series.reduce((sum, step) => sum + step.permitted, 0);
  const denied = series.reduce((sum, step) => sum + step.denied, 0);
  return (
    <div className={classes.pictures}>
      <div className={classes.wide}>
        <Panel
          aside={
            <span className={classes.sum}>
              {permitted.toLocaleString('en')} permitted, {denied.toLocaleString('en')} denied
            </span>
          }
          title="Decisions over time"
        >
          <DecisionChart
            sinceMs={Date.parse(since)}
            stepMs={props.stepMs}
            steps={series.map(({ from, ...counts }) => ({ fromMs: Date.parse(from), ...counts }))}
            untilMs={Date.parse(until)}
          />
        </Panel>
      </div>
      <Panel title="Busiest agents">
        {agents.length === 0 ? (
          <Empty icon="agent" title="Nobody asked for anything in this time" />
        ) : (
          <RankList
            items={agents.slice(0, 8).map(({ subject, agent, ...counts }) => ({
              key: `${subject} ${agent ?? ''}`,
              name: <VisibleText>{agent ?? subject}</VisibleText>,
              ...counts,
            }))}
          />
        )}
      </Panel>
      <Panel title="Denials by rule">
        {denying.length === 0 ? (
          <Empty icon="policy" title="No rule denied anything in this time" />
        ) : (
          <RankList
            items={denying.map(({ rule, permitted: ok, denied: no }) => ({
              key: rule,
              name: (
                <Link search={{ show: 'exchanges', rule, effect: 'deny' }} to="/sessions">
                  <VisibleText>{rule}</VisibleText>
                </Link>
              ),
              permitted: ok,
              denied: no,
            }))}
            only="denied"
          />
        )}
      </Panel>
    </div>
  );
}
