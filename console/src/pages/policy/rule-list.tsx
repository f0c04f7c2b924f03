/** Rules with their conditions, what they oblige to, and how often they decided. */
import { Group, SegmentedControl, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { PolicyRule } from '../../../../gateway/src/api/contract/policy.ts';
import type { ApiStatistics } from '../../../../gateway/src/api/contract/statistics.ts';
import { Ago } from '../../design/moments.tsx';
import { Empty, Mono, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Obligations } from './obligations.tsx';
import classes from './policy.module.css';

type RuleCount = ApiStatistics['rules'][number];

/** @param props.counts undefined while they are not known */
export function RuleList(props: {
  readonly rules: readonly PolicyRule[];
  readonly counts: ReadonlyMap<string, RuleCount> | undefined;
  readonly days: number;
  readonly chosen?: string;
}): ReactNode {
  const { rules, counts, days, chosen } = props;
  const [words, setWords] = useState(chosen ?? '');
  const [kind, setKind] = useState('own');
  const isWanted = (rule: PolicyRule): boolean => {
    if (kind === 'own' && rule.preset !== undefined) return false;
    if (kind === 'unused' && counts?.has(rule.id) === true) return false;
    if (kind === 'observe' && rule.mode !== 'observe') return false;
    const text = JSON.stringify(rule).toLowerCase();
    return words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  };
  const shown = rules.filter(isWanted);
  return (
    <Panel
      aside={<span className={classes.quiet}>{`${shown.length} of ${rules.length}`}</span>}
      isFlush
      title={
        <Group gap="md">
          <TextInput
            aria-label="Find rules"
            onChange={({ currentTarget }) => setWords(currentTarget.value)}
            placeholder="Find: UPDATE payments, approvers …"
            size="xs"
            value={words}
            w={250}
          />
          <SegmentedControl
            aria-label="Which rules"
            data={[
              { value: 'own', label: 'Your rules' },
              { value: 'all', label: 'With presets' },
              { value: 'unused', label: 'Never hit' },
              { value: 'observe', label: 'Observed' },
            ]}
            onChange={setKind}
            size="xs"
            value={kind}
          />
        </Group>
      }
    >
      {shown.length === 0 ? (
        <Empty icon="policy" title="No rule fits">
          {kind === 'unused' ? `Every rule decided something in the last ${days} days.` : 'Try fewer words.'}
        </Empty>
      ) : (
        <ul className={classes.rules}>
          {shown.map((rule) => (
            <li key={rule.id}>
              <Rule count={counts?.get(rule.id)} days={days} isCounted={counts !== undefined} rule={rule} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Rule(props: {
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
          {!isCounted ? null : count === undefined ? (
            `not in ${days} days`
          ) : (
            <>
              <Link search={{ show: 'exchanges', rule: rule.id }} to="/sessions">
                {(count.permitted + count.denied).toLocaleString('en')} times
              </Link>
              , last <Ago at={count.lastAt} />
            </>
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
