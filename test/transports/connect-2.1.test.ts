import { vi } from 'vitest';

import { transportCases } from './cases.js';
import { connect } from './connect.js';

// sources and tests get the older version, which knows no request gate
vi.mock('@connectrpc/connect', () => import('connect-2.1/connect'));
vi.mock('@connectrpc/connect-node', () => import('connect-2.1/connect-node'));

transportCases({ ...connect, name: 'Connect 2.1' });
