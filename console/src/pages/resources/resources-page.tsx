/** What stands behind the gateway, and who may reach it by which rule. */
import { Group, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { PolicyRule } from '../../../../gateway/src/api/contract/policy.ts';
import type { ApiResourceView } from '../../../../gateway/src/api/contract/resource.ts';
import { policy as policyQuery, resources as resourcesQuery } from '../../api/queries.ts';
import pieces from '../../design/pieces.module.css';
import { Empty, Facts, Failure, Loading, Mono, Page, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Obligations } from '../policy/obligations.tsx';
import { Health } from './health.tsx';
import { OpenDesktop } from './open-desktop.tsx';

/** All resources. */
export function ResourcesPage(): ReactNode {
  const { data, error, refetch } = useQuery({ ...resourcesQuery, refetchInterval: 15_000 });
  const { data: policy } = useQuery(policyQuery);
  const [words, setWords] = useState('');
  return (
    <Page
      actions={
        <TextInput
          aria-label="Who may do what"
          onChange={({ currentTarget }) => setWords(currentTarget.value)}
          placeholder="Who may: UPDATE payments …"
          value={words}
          w={280}
        />
      }
      text="Agents reach these only through the gateway, and never learn their addresses and passwords."
      title="Resources"
    >
      {data === undefined ? (
        <Panel>{error === null ? <Loading /> : <Failure again={() => void refetch()} error={error} />}</Panel>
      ) : (
        <Stack gap="lg">
          {data.resources.map((resource) => (
            <Resource key={resource.name} resource={resource} rules={policy?.rules ?? []} words={words} />
          ))}
        </Stack>
      )}
    </Page>
  );
}

function Resource(props: {
  readonly resource: ApiResourceView;
  readonly rules: readonly PolicyRule[];
  readonly words: string;
}): ReactNode {
  const { resource, rules, words } = props;
  const { endpoint, labels, targets, liveSessions } = resource;
  const ids = new Set(resource.reachableBy.map(({ rule }) => rule));
  const shown = rules.filter((rule) => ids.has(rule.id) && meets(rule, words));
  return (
    <Panel
      aside={
        <Group gap="sm">
          {liveSessions === 0 ? null : (
            <Link search={{ resource: resource.name, state: 'open' }} to="/sessions">
              <Tag icon="play" tone="mark">
                {liveSessions} live {liveSessions === 1 ? 'session' : 'sessions'}
              </Tag>
            </Link>
          )}
          {resource.protocol === 'rdp' && endpoint !== undefined ? <OpenDesktop resource={resource} /> : null}
        </Group>
      }
      title={<VisibleText>{resource.name}</VisibleText>}
    >
      <Stack gap="lg">
        <Facts
          facts={[
            ['Protocol', resource.protocol],
            ['Health', <Health health={resource.health} key="h" />],
            [
              'Accounts',
              <Mono key="a">{[...new Set(targets.map(({ account }) => account))].join(', ') || 'none'}</Mono>,
            ],
            [
              'Labels',
              <Mono key="l">
                {Object.entries(labels)
                  .map(([name, value]) => `${name}=${value}`)
                  .join(', ') || 'none'}
              </Mono>,
            ],
            [
              'Agents connect to',
              <Mono key="e">
                {endpoint === undefined
                  ? 'the listener of its protocol'
                  : `${endpoint.host}:${endpoint.port}`}
              </Mono>,
            ],
            [
              'Mode',
              resource.mode === 'observe' ? (
                <Tag key="m" tone="see">
                  observed only
                </Tag>
              ) : (
                'enforced'
              ),
            ],
          ]}
        />
        {shown.length === 0 ? (
          <Empty
            icon="key"
            title={words === '' ? 'No rule lets anybody reach it' : 'No rule that fits lets anybody reach it'}
          />
        ) : (
          <Reach rules={shown} />
        )}
      </Stack>
    </Panel>
  );
}

/** Whether each word is in some condition of the rule, or may be by a pattern. */
function meets({ conditions, phrase, id, on }: PolicyRule, words: string): boolean {
  const text = `${id} ${on} ${phrase} ${conditions.map(({ wanted }) => wanted).join(' ')}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word.replace(/[.*]+$/, '')));
}

/** Conditions that say who and where stand in other columns. */
const ELSEWHERE = /^(groups|resources|protocols|labels|time)/;

function mayText({ phrase, conditions, on }: PolicyRule): string {
  const own = conditions.filter((condition) => !ELSEWHERE.test(condition.on)).map(({ wanted }) => wanted);
  return phrase !== '' ? phrase : own.length === 0 ? on : own.join(' · ');
}

function Reach({ rules }: { readonly rules: readonly PolicyRule[] }): ReactNode {
  const valueOf = (rule: PolicyRule, name: string): string =>
    rule.conditions.find(({ on }) => on === name)?.wanted ?? 'anybody';
  return (
    <div className={pieces.tableWrap}>
      <table className={pieces.table}>
        <caption className="visually-hidden">Who may reach it, by which rule</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">May</th>
            <th scope="col">Obliges to</th>
            <th scope="col">By rule</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td>
                <VisibleText>{valueOf(rule, 'groups')}</VisibleText>
              </td>
              <td>
                <VisibleText>{mayText(rule)}</VisibleText>
              </td>
              <td>
                <span>{rule.obligations.length === 0 ? 'nothing else' : ''}</span>
                <Obligations obligations={rule.obligations} />
              </td>
              <td>
                <Link search={{ rule: rule.id }} to="/policy">
                  <VisibleText>{rule.id}</VisibleText>
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
