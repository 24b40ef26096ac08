/** Guide steps 8 and 9: one path for every provider, and the progress; what is ours stands beside them. */
export const paths = {
  submit: '/cpaas-installer/api/config/dcs',
  progress: '/cpaas-installer/api/progress',
  events: '/cpaas-installer/api/events',
  health: '/healthz',
  readiness: '/readyz',
  metrics: '/metrics',
  openapi: '/openapi.json',
} as const;
