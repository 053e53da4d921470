export { Database } from './database.js';
export { openDatabase, type OpenDatabase, openPostgres } from './open-database.js';
