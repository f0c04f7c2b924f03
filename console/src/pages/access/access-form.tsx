/** Asks for access for a time. */
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type UseMutationResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type {
  AccessAskBody,
  AccessRules,
  ApiAccessRequest,
} from '../../../../gateway/src/api/contract/access.ts';
import { ask } from '../../api/ask.ts';
import { accessRules } from '../../api/queries.ts';
import { durationText } from '../../design/moments.tsx';
import { Loading } from '../../design/pieces.tsx';

/** In milliseconds. */
const DURATIONS = [900_000, 3_600_000, 14_400_000, 28_800_000];
const USUAL_MS = 3_600_000;

type Rule = AccessRules['rules'][number];

/** A form over the page, of what the policy offers to whoever looks. */
export function AccessForm(props: { readonly isOpen: boolean; readonly onClose: () => void }): ReactNode {
  const { isOpen, onClose } = props;
  const { data, error } = useQuery({ ...accessRules, enabled: isOpen });
  return (
    <Modal centered onClose={onClose} opened={isOpen} title="Ask for access for a time">
      {data === undefined ? (
        error === null ? (
          <Loading rows={5} />
        ) : (
          <Alert color="red" variant="light">
            {error.message}
          </Alert>
        )
      ) : data.rules.length === 0 ? (
        <p>No rule offers you access for a time, on any resource. What no rule offers cannot be asked for.</p>
      ) : (
        <Offers onClose={onClose} rules={data.rules} />
      )}
    </Modal>
  );
}

function Offers({
  rules,
  onClose,
}: {
  readonly rules: readonly Rule[];
  readonly onClose: () => void;
}): ReactNode {
  const resources = [...new Set(rules.map(({ resource }) => resource))];
  const [resource, setResource] = useState(resources[0] ?? '');
  const [leftOut, setLeftOut] = useState<readonly string[]>([]);
  const [wantedMs, setWantedMs] = useState(USUAL_MS);
  const [justification, setJustification] = useState('');
  const [breakGlass, setBreakGlass] = useState(false);
  const offered = [
    ...new Map(rules.filter((one) => one.resource === resource).map((one) => [one.rule, one])).values(),
  ];
  const chosen = offered.filter(({ rule }) => !leftOut.includes(rule));
  const canOpen = chosen.length > 0 && chosen.every((rule) => rule.breakGlass);
  const longestMs = Math.min(...chosen.map(({ upToMs }) => upToMs));
  const durationMs = Math.min(wantedMs, longestMs);
  const isEmergency = breakGlass && canOpen;
  const request = useAsking(isEmergency, onClose);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        request.mutate({
          resource,
          rules: chosen.map(({ rule }) => rule),
          durationMs,
          justification: justification.replaceAll(/\s+/g, ' ').trim(),
          ...(isEmergency ? { breakGlass } : {}),
        });
      }}
    >
      <Stack gap="md">
        <Select
          allowDeselect={false}
          data={resources}
          data-autofocus
          label="Resource"
          onChange={(value) => setResource(value ?? '')}
          value={resource}
        />
        <Rules offered={offered} onLeaveOut={setLeftOut} values={chosen.map(({ rule }) => rule)} />
        <Select
          allowDeselect={false}
          data={durationsUpTo(longestMs).map((ms) => ({ value: String(ms), label: durationText(ms) }))}
          label="For how long"
          onChange={(value) => setWantedMs(Number(value ?? USUAL_MS))}
          value={String(durationMs)}
        />
        <Textarea
          autosize
          label="What for"
          maxLength={300}
          minRows={2}
          onChange={({ currentTarget }) => setJustification(currentTarget.value)}
          placeholder="ticket 4711: duplicate orders of customer 173"
          required
          value={justification}
        />
        {canOpen ? (
          <Checkbox
            checked={breakGlass}
            description="Opens at once where a rule lets it; everybody who has to know is told, and somebody has to look at it afterwards"
            label="It is an emergency"
            onChange={({ currentTarget }) => setBreakGlass(currentTarget.checked)}
          />
        ) : null}
        {request.error === null ? null : (
          <Alert color="red" variant="light">
            {request.error.message}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button onClick={onClose} variant="default">
            Not now
          </Button>
          <Button disabled={chosen.length === 0} loading={request.isPending} type="submit">
            Ask
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Rules(props: {
  readonly offered: readonly Rule[];
  readonly values: string[];
  readonly onLeaveOut: (rules: readonly string[]) => void;
}): ReactNode {
  const { offered, values, onLeaveOut } = props;
  return (
    <Checkbox.Group
      label="What is opened"
      onChange={(kept) => onLeaveOut(offered.map(({ rule }) => rule).filter((rule) => !kept.includes(rule)))}
      value={values}
    >
      <Stack gap="xs" mt="xs">
        {offered.map(({ rule, phrase, by, count }) => (
          <Checkbox
            description={`${rule}: ${count} of ${by.join(' or ')} ${count === 1 ? 'has' : 'have'} to agree`}
            key={rule}
            label={phrase || rule}
            value={rule}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

/** Sends a request, and says what it led to. */
function useAsking(
  isEmergency: boolean,
  onClose: () => void,
): UseMutationResult<ApiAccessRequest, Error, AccessAskBody> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: AccessAskBody) => ask<ApiAccessRequest>('/v1/access-requests', { body }),
    onSuccess: () => {
      notifications.show({
        message: isEmergency
          ? 'Open. Somebody has to look at it afterwards.'
          : 'Asked. People who may agree see it now.',
      });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['access'] }),
  });
}

/** Some usual ones, and the longest that all chosen rules allow. */
function durationsUpTo(longestMs: number): readonly number[] {
  const shorter = DURATIONS.filter((ms) => ms < longestMs);
  return Number.isFinite(longestMs) ? [...shorter, longestMs] : shorter;
}
