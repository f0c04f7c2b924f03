/** One rule: its conditions, what it obliges to, how often it decided. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PolicyRule } from '../../../../gateway/src/api/contract/policy.ts';
import type { ApiStatistics } from '../../../../gateway/src/api/contract/statistics.ts';
import { Ago } from '../../design/moments.tsx';
import { Mono, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Obligations } from './obligations.tsx';
import classes from './policy.module.css';

/** How often a rule decided, or would have. */
export type RuleCount = ApiStatistics['rules'][number];

/** @param props.count undefined where it decided nothing */
export function RuleCard(props: {
  readonly rule: PolicyRule;
  readonly count: RuleCount | undefined;
  readonly isCounted: boolean;
  readonly days: number;
}): ReactNode {
  const { rule, count, isCounted, days } = props;
  const isAllow = rule.effect === 'allow';
  return (
    <article aria-label={rule.id} className={classes.rule}>
      <div className={classes.ruleHead}>
        <Tag icon={isAllow ? 'check' : 'cross'} tone={isAllow ? 'good' : 'bad'}>
          {rule.effect}
        </Tag>
        <h3 className={classes.ruleName}>
          <VisibleText>{rule.id}</VisibleText>
        </h3>
        {rule.mode === 'observe' ? <Tag tone="see">only observed</Tag> : null}
        {rule.preset === undefined ? null : (
          <Tag tone="plain">
            preset <VisibleText>{rule.preset}</VisibleText>
          </Tag>
        )}
        <span className={classes.ruleCount}>
          {!isCounted ? null : isUncounted(rule) ? (
            'sessions are not counted'
          ) : (
            <Hits count={count} days={days} rule={rule.id} />
          )}
        </span>
      </div>
      {rule.description === undefined ? null : (
        <p className={classes.quiet}>
          <VisibleText>{rule.description}</VisibleText>
        </p>
      )}
      <dl className={classes.conditions}>
        <div>
          <dt>on</dt>
          <dd>{rule.on}</dd>
        </div>
        {rule.conditions.map(({ on, wanted }) => (
          <div key={on}>
            <dt>{on}</dt>
            <dd>
              <VisibleText>{wanted}</VisibleText>
            </dd>
          </div>
        ))}
        {rule.when === undefined ? null : (
          <div>
            <dt>when</dt>
            <dd>
              <VisibleText>{rule.when}</VisibleText>
            </dd>
          </div>
        )}
      </dl>
      <Obligations obligations={rule.obligations} />
      {rule.message === undefined ? null : (
        <p className={classes.message}>
          “<VisibleText>{rule.message}</VisibleText>”
        </p>
      )}
      <span className={classes.quiet}>
        <Mono>{rule.source}</Mono>
      </span>
    </article>
  );
}

/** Rules on opening sessions: only requests within them are counted. */
export function isUncounted({ on }: PolicyRule): boolean {
  return on === 'connect';
}

function Hits(props: {
  readonly rule: string;
  readonly count: RuleCount | undefined;
  readonly days: number;
}): ReactNode {
  const { rule, count, days } = props;
  if (count === undefined) return `not in ${days} days`;
  const decided = count.permitted + count.denied;
  const { observed } = count;
  return (
    <>
      {decided === 0 ? null : (
        <Link search={{ show: 'exchanges', rule }} to="/sessions">
          {times(decided)}
        </Link>
      )}
      {decided > 0 && observed.permitted + observed.denied > 0 ? ', ' : ''}
      {observed.permitted + observed.denied === 0 ? null : (
        <Link search={{ show: 'exchanges', observed: rule }} to="/sessions">
          {observed.denied > 0
            ? `would have denied ${times(observed.denied)}`
            : `would have permitted ${times(observed.permitted)}`}
        </Link>
      )}
      , last <Ago at={count.lastAt} />
    </>
  );
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count.toLocaleString('en')} times`;
}
