import { apiSuite } from './suite.ts';
import { TOGETHER } from './support/world.ts';

apiSuite(TOGETHER);
