/** Rules with their conditions, what they oblige to, and how often they decided. */
import { Group, SegmentedControl, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { PolicyRule } from '../../../../gateway/src/api/contract/policy.ts';
import { Empty, Panel } from '../../design/pieces.tsx';
import classes from './policy.module.css';
import { isUncounted, RuleCard, type RuleCount } from './rule-card.tsx';

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
    if (kind === 'unused' && (isUncounted(rule) || counts?.has(rule.id) === true)) return false;
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
            className={classes.kinds ?? ''}
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
              <RuleCard
                count={counts?.get(rule.id)}
                days={days}
                isCounted={counts !== undefined}
                rule={rule}
              />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
