/** What the run did before it asked, for approvers who may not read recordings. */
import type { ReactNode } from 'react';
import type { ApiApprovalDetail } from '../../../../gateway/src/api/contract/approval.ts';
import { Ago } from '../../design/moments.tsx';
import { Empty, Mono, Panel, Tag } from '../../design/pieces.tsx';
import classes from './inbox.module.css';

/** As the request has it, the last one first. */
export function Before({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  const list = approval.before.toReversed();
  return (
    <Panel title="Before this, in the same run">
      {list.length === 0 ? (
        <Empty icon="runs" title="It is the first thing that was asked." />
      ) : (
        list.map(({ at, decision, effect, summary, resource }) => (
          <div className={classes.quorum} key={decision}>
            <Mono>{`${summary} · ${resource}`}</Mono>
            <Tag icon={effect === 'permit' ? 'check' : 'cross'} tone={effect === 'permit' ? 'good' : 'bad'}>
              {effect}
            </Tag>
            <Ago at={at} />
          </div>
        ))
      )}
    </Panel>
  );
}
