import { createHash } from 'node:crypto';

/** The text of a key that exists nowhere else, and its hash. */
export const SECRET = `sk-or-v1-${'5eed1ab7'.repeat(8)}`;
export const HASH = createHash('sha256').update(SECRET).digest('hex');

export const WORKSPACE = '0df9e665-d932-5740-b2c7-b52af166bc11';

/** The members that `GET /key` and `/keys` have in common, as they go over the wire. */
const DETAILS = {
  label: 'sk-or-v1-5ee...ab7',
  limit: 100,
  limit_remaining: 74.5,
  limit_reset: 'monthly',
  include_byok_in_limit: false,
  usage: 25.5,
  usage_daily: 1.5,
  usage_weekly: 2.5,
  usage_monthly: 3.5,
  byok_usage: 17.38,
  byok_usage_daily: 4.5,
  byok_usage_weekly: 5.5,
  byok_usage_monthly: 6.5,
  creator_user_id: 'user_1',
  expires_at: '2027-12-31T23:59:59Z',
};

/** A key of `/keys` as it goes over the wire. */
export function wireKey(members: object = {}): Record<string, unknown> {
  return {
    hash: HASH,
    name: 'tenant-42',
    disabled: false,
    ...DETAILS,
    created_at: '2025-08-24T10:30:00Z',
    updated_at: '2025-08-24T15:45:00Z',
    workspace_id: WORKSPACE,
    ...members,
  };
}

/** The answer of `GET /key` as it goes over the wire: neither a hash nor a name. */
export function wireCurrentKey(members: object = {}): Record<string, unknown> {
  return {
    ...DETAILS,
    is_free_tier: false,
    is_management_key: false,
    is_provisioning_key: false,
    rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
    ...members,
  };
}

/** What is read of {@link DETAILS}. */
export const READ_DETAILS = {
  label: 'sk-or-v1-5ee...ab7',
  limit: 100,
  limitRemaining: 74.5,
  limitReset: 'monthly',
  includeByokInLimit: false,
  usage: 25.5,
  usageDaily: 1.5,
  usageWeekly: 2.5,
  usageMonthly: 3.5,
  byokUsage: 17.38,
  byokUsageDaily: 4.5,
  byokUsageWeekly: 5.5,
  byokUsageMonthly: 6.5,
  creatorUserId: 'user_1',
  expiresAt: new Date('2027-12-31T23:59:59Z'),
};

/** A key of an account with many, by its number. */
export function numberedKey(index: number, members: object = {}): Record<string, unknown> {
  return wireKey({ hash: index.toString(16).padStart(64, '0'), name: `key-${index}`, ...members });
}
