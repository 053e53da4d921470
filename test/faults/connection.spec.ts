import { runFaults } from './support/bench.js';
import { connectionFaults } from './table/connection.faults.js';

runFaults('before a request is sent', connectionFaults);
