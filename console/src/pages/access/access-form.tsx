/** Asks for access for a time. */
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { AccessAskBody, ApiAccessRequest } from '../../../../gateway/src/api/contract/access.ts';
import { ask } from '../../api/ask.ts';

const DURATIONS = [
  { value: '900000', label: '15 minutes' },
  { value: '3600000', label: 'one hour' },
  { value: '14400000', label: '4 hours' },
  { value: '28800000', label: '8 hours' },
];

/** A form over the page. */
export function AccessForm(props: { readonly isOpen: boolean; readonly onClose: () => void }): ReactNode {
  const { isOpen, onClose } = props;
  const [resource, setResource] = useState('');
  const [durationMs, setDurationMs] = useState('3600000');
  const [justification, setJustification] = useState('');
  const [breakGlass, setBreakGlass] = useState(false);
  const client = useQueryClient();
  const request = useMutation({
    mutationFn: () => {
      const body: AccessAskBody = {
        resource: resource.trim(),
        durationMs: Number(durationMs),
        justification: justification.replaceAll(/\s+/g, ' ').trim(),
        ...(breakGlass ? { breakGlass } : {}),
      };
      return ask<ApiAccessRequest>('/v1/access-requests', { body });
    },
    onSuccess: () => {
      notifications.show({ message: 'Asked. People who may agree see it now.' });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['access'] }),
  });
  return (
    <Modal centered onClose={onClose} opened={isOpen} title="Ask for access for a time">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          request.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            data-autofocus
            label="Resource"
            onChange={({ currentTarget }) => setResource(currentTarget.value)}
            required
            value={resource}
          />
          <Select
            allowDeselect={false}
            data={DURATIONS}
            label="For how long"
            onChange={(value) => setDurationMs(value ?? '3600000')}
            value={durationMs}
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
          <Checkbox
            checked={breakGlass}
            description="Opens at once where a rule lets it; everybody who has to know is told, and somebody has to look at it afterwards"
            label="It is an emergency"
            onChange={({ currentTarget }) => setBreakGlass(currentTarget.checked)}
          />
          {request.error === null ? null : (
            <Alert color="red" variant="light">
              {request.error.message}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button onClick={onClose} variant="default">
              Not now
            </Button>
            <Button loading={request.isPending} type="submit">
              Ask
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
