/** A decision in full. */
import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ApiExplanation } from '../../../../gateway/src/api/contract/policy.ts';
import { Icon } from '../../design/icons.tsx';
import { Panel, Tag, type Tone } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Obligations } from './obligations.tsx';
import classes from './policy.module.css';

type Outcome = ApiExplanation['rules'][number]['outcome'];

const OUTCOMES: Readonly<Record<Outcome, readonly [Tone, string]>> = {
  hits: ['bad', 'hits'],
  covers: ['good', 'covers all of it'],
  'covers-part': ['wait', 'covers a part'],
  fails: ['bad', 'its expression fails'],
  'no-match': ['plain', 'does not apply'],
};

/** One part for each message of the request. */
export function Explanations(props: { readonly explanations: readonly ApiExplanation[] }): ReactNode {
  return (
    <Stack gap="lg">
      {props.explanations.map((explanation, index) => (
        <One explanation={explanation} key={index} />
      ))}
    </Stack>
  );
}

function One({ explanation }: { readonly explanation: ApiExplanation }): ReactNode {
  const { decision, asked } = explanation;
  const isPermit = decision.effect === 'permit';
  const rules = explanation.rules.filter(({ outcome }) => outcome !== 'no-match');
  const others = explanation.rules.filter(({ outcome }) => outcome === 'no-match');
  return (
    <>
      <Panel>
        <div className={classes.verdict}>
          <span className={classes.verdictLine} data-effect={decision.effect} role="status">
            <Icon name={isPermit ? 'check' : 'cross'} size={24} />
            {isPermit ? 'Permitted' : 'Denied'}
            {decision.rules.length === 0
              ? decision.cause === 'default'
                ? ': no rule allows it'
                : ''
              : ' by '}
            <VisibleText>{decision.rules.join(', ')}</VisibleText>
          </span>
          {decision.message === undefined ? null : (
            <p className={classes.message}>
              <VisibleText>{decision.message}</VisibleText>
            </p>
          )}
          <Obligations obligations={decision.obligations ?? []} />
          {(decision.alternatives ?? []).length === 0 ? null : (
            <p className={classes.quiet}>
              Allowed instead: <VisibleText>{decision.alternatives?.join('; ') ?? ''}</VisibleText>
            </p>
          )}
          {decision.observed.length === 0 ? null : (
            <p className={classes.quiet}>
              Observed rules:{' '}
              <VisibleText>{decision.observed.map(({ rule }) => rule).join(', ')}</VisibleText>
            </p>
          )}
          <p className={classes.quiet}>What was judged:</p>
          <ul className={classes.reasons}>
            {asked.map((atom, index) => (
              <li key={index}>
                <VisibleText>{atom}</VisibleText>
              </li>
            ))}
          </ul>
        </div>
      </Panel>
      <Panel title="Rule by rule">
        {[...rules, ...others].map((rule) => (
          <div className={classes.outcome} key={rule.rule}>
            <div className={classes.ruleHead}>
              <Tag tone={OUTCOMES[rule.outcome][0]}>{OUTCOMES[rule.outcome][1]}</Tag>
              <strong>
                <VisibleText>{rule.rule}</VisibleText>
              </strong>
              <span className={classes.quiet}>
                {rule.effect}
                {rule.mode === 'observe' ? ', only observed' : ''}
              </span>
            </div>
            <ul className={classes.reasons}>
              {rule.reasons.map((reason, index) => (
                <li key={index}>
                  <VisibleText>{reason}</VisibleText>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </Panel>
    </>
  );
}
