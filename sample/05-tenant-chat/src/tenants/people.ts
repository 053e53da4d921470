import type { Person } from '../../shared/chat.js';

/** Takes the place of your own directory of users. */
export const PEOPLE: readonly Person[] = [
  { id: 'ann', name: 'Ann', tenant: 'acme' },
  { id: 'ben', name: 'Ben', tenant: 'acme' },
  { id: 'zoe', name: 'Zoe', tenant: 'zoe' },
];
