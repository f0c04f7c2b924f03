/** "As this principal, on this resource, this statement": how it would be decided, and why. */
import { Button, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ExplainAnswer, ExplainRequest } from '../../../../gateway/src/api/contract/policy.ts';
import { ask } from '../../api/ask.ts';
import { resources as resourcesQuery } from '../../api/queries.ts';
import { Empty, Failure, Panel } from '../../design/pieces.tsx';
import { Explanations } from './explanations.tsx';
import classes from './policy.module.css';

/** What is asked in which family, by an example. */
const EXAMPLES: Readonly<Record<string, string>> = {
  sql: "SELECT full_name, email FROM customers WHERE city = 'Berlin'",
  http: 'GET /customers/173',
  connect: '{}',
  shell: 'ls -la /var/log',
};

/** The form, and what came of it. */
export function Playground(): ReactNode {
  const explain = useMutation({
    mutationFn: (body: ExplainRequest) => ask<ExplainAnswer>('/v1/policy/explain', { body }),
  });
  return (
    <div className={classes.playground}>
      <Panel title="The question">
        <Question isAsking={explain.isPending} onAsk={(question) => explain.mutate(question)} />
      </Panel>
      <div>
        {explain.error !== null ? (
          <Panel>
            <Failure error={explain.error} />
          </Panel>
        ) : explain.data === undefined ? (
          <Panel>
            <Empty icon="policy" title="No question asked yet">
              The answer says which rules cover it, which do not and why, and what would be masked.
            </Empty>
          </Panel>
        ) : (
          <Explanations explanations={explain.data.explanations} />
        )}
      </div>
    </div>
  );
}

interface Draft {
  readonly groups: string[];
  readonly subject: string;
  readonly agent: string;
  readonly to: string | null;
  readonly account: string | null;
  readonly family: string | null;
  readonly text: string;
}

const EMPTY: Draft = {
  groups: ['data-agents'],
  subject: '',
  agent: '',
  to: null,
  account: null,
  family: null,
  text: '',
};

function Question(props: {
  readonly isAsking: boolean;
  readonly onAsk: (question: ExplainRequest) => void;
}): ReactNode {
  const { data } = useQuery(resourcesQuery);
  const [draft, setDraft] = useState(EMPTY);
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const names = data?.resources.map(({ name }) => name) ?? [];
  const resource = data?.resources.find(({ name }) => name === (draft.to ?? names[0]));
  const families = resource?.families ?? [];
  const family = draft.family ?? families.find((name) => name !== 'connect') ?? 'sql';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (resource !== undefined) props.onAsk(questionOf(draft, resource.name, family));
      }}
    >
      <Stack gap="md">
        <TagsInput
          label="As somebody of these groups"
          onChange={(groups) => set({ groups })}
          value={draft.groups}
        />
        <TextInput
          label="Subject"
          onChange={({ currentTarget }) => set({ subject: currentTarget.value })}
          placeholder="anybody"
          value={draft.subject}
        />
        <TextInput
          label="Agent"
          onChange={({ currentTarget }) => set({ agent: currentTarget.value })}
          placeholder="none"
          value={draft.agent}
        />
        <Select
          allowDeselect={false}
          data={names}
          label="On the resource"
          onChange={(to) => set({ to, account: null, family: null })}
          value={resource?.name ?? null}
        />
        <Select
          clearable
          data={[...new Set(resource?.targets.map((target) => target.account))]}
          label="With the account"
          onChange={(account) => set({ account })}
          placeholder="the default one"
          value={draft.account}
        />
        <Select
          allowDeselect={false}
          data={[...families]}
          label="A request of"
          onChange={(chosen) => set({ family: chosen })}
          value={family}
        />
        <Textarea
          autosize
          label="What is asked"
          maxRows={16}
          minRows={4}
          onChange={({ currentTarget }) => set({ text: currentTarget.value })}
          placeholder={EXAMPLES[family]}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={draft.text}
        />
        <Button loading={props.isAsking} type="submit">
          Decide, and run nothing
        </Button>
      </Stack>
    </form>
  );
}

/** An empty text asks for the example that stands in its place. */
function questionOf(
  { groups, subject, agent, account, text }: Draft,
  to: string,
  family: string,
): ExplainRequest {
  return {
    as: {
      groups,
      ...(subject.trim() === '' ? {} : { subject: subject.trim() }),
      ...(agent.trim() === '' ? {} : { agent: agent.trim() }),
    },
    to,
    ...(account === null ? {} : { account }),
    ask: { family, body: bodyOf(text === '' ? (EXAMPLES[family] ?? '') : text) },
  };
}

/** The body as a family's test cases have it: a text, or the keys of one. */
function bodyOf(text: string): unknown {
  if (!text.trim().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
