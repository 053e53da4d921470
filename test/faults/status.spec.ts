import { runFaults } from './support/bench.js';
import { statusFaults } from './table/status.faults.js';

runFaults('answers that are no success', statusFaults);
