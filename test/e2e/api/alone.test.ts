import { apiSuite } from './suite.ts';
import { ALONE } from './support/world.ts';

apiSuite(ALONE);
