/** Whether the gateway reaches a resource. */
import type { ReactNode } from 'react';
import type { ApiResourceHealth } from '../../../../gateway/src/api/contract/resource.ts';
import { Ago } from '../../design/moments.tsx';
import { Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';

/** The state, since when, and what was last wrong. */
export function Health({ health }: { readonly health: ApiResourceHealth | undefined }): ReactNode {
  if (health === undefined) return 'not looked at: it has no one address';
  const { state, since, lastFailure } = health;
  if (state === 'unknown') return 'not looked at yet';
  return (
    <>
      {state === 'reachable' ? (
        <Tag icon="check" tone="good">
          answers
        </Tag>
      ) : (
        <Tag icon="alert" tone="bad">
          does not answer
        </Tag>
      )}{' '}
      since <Ago at={since} />
      {lastFailure === undefined ? null : (
        <>
          {state === 'reachable' ? '; last failure ' : '; last look '}
          <Ago at={lastFailure.at} />: <VisibleText>{lastFailure.reason}</VisibleText>
        </>
      )}
    </>
  );
}
