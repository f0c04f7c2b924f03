/** Ends a live session at once. */
import { Alert, Button, Group, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { KillAnswer, KillRequest } from '../../../../gateway/src/api/contract/session.ts';
import { ask } from '../../api/ask.ts';
import { Icon } from '../../design/icons.tsx';

/** Asks first, and for a reason, which the client is told. */
export function KillButton({ session }: { readonly session: string }): ReactNode {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const client = useQueryClient();
  const kill = useMutation({
    mutationFn: () => {
      const body: KillRequest = reason.trim() === '' ? {} : { reason: reason.trim() };
      return ask<KillAnswer>(`/v1/sessions/${session}/kill`, { body });
    },
    onSuccess: () => {
      notifications.show({ color: 'red', message: 'The session was ended.' });
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <>
      <Button
        color="red"
        leftSection={<Icon name="stop" size={16} />}
        onClick={open}
        size="xs"
        variant="light"
      >
        End session
      </Button>
      <Modal centered onClose={close} opened={isOpen} title="End this session now?">
        <p>
          What it does on the resource is cancelled, and both sides are closed. Its token stays valid: the
          agent can connect again for as long as the policy lets it.
        </p>
        <TextInput
          data-autofocus
          label="Reason, which the agent is told"
          maxLength={200}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          placeholder="runaway agent"
          value={reason}
        />
        {kill.error === null ? null : (
          <Alert color="red" mt="sm" variant="light">
            {kill.error.message}
          </Alert>
        )}
        <Group justify="flex-end" mt="lg">
          <Button onClick={close} variant="default">
            Let it go on
          </Button>
          <Button color="red" loading={kill.isPending} onClick={() => kill.mutate()}>
            End session
          </Button>
        </Group>
      </Modal>
    </>
  );
}
