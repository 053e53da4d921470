/** The error of a provider that fails in the middle of its answer. */
export const PROVIDER_ERROR = {
  code: 502,
  message: 'Provider disconnected unexpectedly',
  metadata: { error_type: 'provider_unavailable' },
} as const;
