/** What the same run did before it asked. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { ApiApprovalDetail } from '../../../../gateway/src/api/contract/approval.ts';
import { exchanges } from '../../api/queries.ts';
import { Failure, Loading, Panel } from '../../design/pieces.tsx';
import { ExchangeRows } from '../sessions/exchange-rows.tsx';

const SHOWN = 10;

/** The last exchanges of the run, or where there is none of the session. */
export function BeforeThis({ approval }: { readonly approval: ApiApprovalDetail }): ReactNode {
  const { requester, session, createdAt } = approval;
  const of = requester.run === undefined ? { session } : { run: requester.run, principal: requester.subject };
  const { data, error } = useInfiniteQuery(exchanges({ ...of, until: createdAt }, SHOWN));
  const list = data?.pages[0]?.exchanges;
  return (
    <Panel
      isFlush
      title={
        requester.run === undefined ? 'Before this, in the same session' : 'Before this, in the same run'
      }
    >
      {list === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Failure error={error} />
        )
      ) : (
        <ExchangeRows empty="It is the first thing that was asked." exchanges={list} />
      )}
    </Panel>
  );
}
