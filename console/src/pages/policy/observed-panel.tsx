/** What rules that are only observed would have decided: what to look at before one of them is enforced. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago } from '../../design/moments.tsx';
import pieces from '../../design/pieces.module.css';
import { Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import classes from './policy.module.css';
import type { RuleCount } from './rule-card.tsx';

/** A table; nothing where nothing is observed. @param props.observed ids of rules in mode `observe` */
export function ObservedPanel(props: {
  readonly observed: readonly string[];
  readonly counts: ReadonlyMap<string, RuleCount>;
  readonly days: number;
}): ReactNode {
  const { observed, counts, days } = props;
  const hit = [...counts.values()].filter((count) => count.observed.permitted + count.observed.denied > 0);
  const silent = observed.filter((rule) => !hit.some((one) => one.rule === rule));
  if (hit.length + silent.length === 0) return null;
  return (
    <Panel
      aside={<span className={classes.quiet}>{`of the last ${days} days`}</span>}
      title="Observed: what would have been decided"
    >
      <div className={pieces.tableWrap}>
        <table className={pieces.table}>
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Would have denied</th>
              <th scope="col">Would have permitted</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {hit.map(({ rule, observed: would, lastAt }) => (
              <tr key={rule}>
                <th scope="row">
                  <Link search={{ show: 'exchanges', observed: rule }} to="/sessions">
                    <VisibleText>{NAMES[rule] ?? rule}</VisibleText>
                  </Link>
                </th>
                <td>
                  {would.denied === 0 ? '0' : <Tag tone="bad">{would.denied.toLocaleString('en')}</Tag>}
                </td>
                <td>{would.permitted.toLocaleString('en')}</td>
                <td>
                  <Ago at={lastAt} />
                </td>
              </tr>
            ))}
            {silent.map((rule) => (
              <tr key={rule}>
                <th scope="row">
                  <VisibleText>{rule}</VisibleText>
                </th>
                <td>0</td>
                <td>0</td>
                <td>never</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** Denials of a resource in mode `observe` that no rule made. */
const NAMES: Readonly<Record<string, string>> = {
  '(default)': 'no rule allows it',
  '(opaque)': 'it cannot be analysed',
  '(limit)': 'a limit',
  '(obligation)': 'an obligation that cannot be met',
  '(approval)': 'an approval is missing',
};
