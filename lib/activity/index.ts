export {
  ActivityItem,
  ActivitySummary,
  ActivityTotals,
  DailyActivity,
  ModelActivity,
  ProviderActivity,
  WorkspaceActivity,
} from './activity.models.js';
export { ActivityQuery } from './activity.query.js';
export { ActivityService } from './activity.service.js';
