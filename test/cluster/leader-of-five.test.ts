import {leaderScenarios} from './leader-scenarios.js';

leaderScenarios(5);
