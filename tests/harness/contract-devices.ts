// What users ask about being woken.
import type { Member, Operation } from './contract.ts';

const text: Member = { kind: 'text', required: true };
const maybeText: Member = { kind: 'text' };

export const DEVICE_OPERATIONS: Operation[] = [
  { op: 'device:services', method: 'GET', path: '/devices/services', members: {} },
  {
    op: 'device:register',
    method: 'POST',
    path: '/devices',
    members: {
      service: maybeText,
      token: text,
      p256dh: maybeText,
      auth: maybeText,
      sandbox: { kind: 'bool' },
      name: maybeText,
    },
  },
  { op: 'device:list', method: 'GET', path: '/devices', members: {} },
  {
    op: 'device:remove',
    method: 'DELETE',
    path: '/devices/{deviceId}',
    members: { deviceId: { kind: 'id', required: true, in: 'path' } },
  },
  { op: 'device:test', method: 'POST', path: '/devices/test', members: {} },
  { op: 'device:log', method: 'GET', path: '/devices/log', members: {} },
  { op: 'notification:settings', method: 'GET', path: '/notifications/settings', members: {} },
  {
    op: 'notification:change-settings',
    method: 'PUT',
    path: '/notifications/settings',
    members: { preview: { kind: 'bool' }, emailDigest: { kind: 'bool' }, quietUntil: maybeText },
  },
  {
    op: 'notification:unsubscribe-page',
    method: 'GET',
    path: '/notifications/unsubscribe/{token}',
    open: true,
    socket: false,
    members: { token: { kind: 'text', required: true, in: 'path' } },
  },
  {
    op: 'notification:unsubscribe',
    method: 'POST',
    path: '/notifications/unsubscribe/{token}',
    open: true,
    socket: false,
    bytes: true,
    members: { token: { kind: 'text', required: true, in: 'path' } },
  },
];
